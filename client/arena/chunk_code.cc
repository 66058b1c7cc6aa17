#include "client/arena/chunk_code.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "client/arena/relaxation.h"
#include "client/mapping/relocate.h"
#include "client/verifier/verifier.h"

namespace springboard {
namespace {

// Of proven code; nothing if it cannot be relaxed, or is not proven then.
std::optional<CodeBytes> Relaxed(const LinkRequest& request, uint64_t address) {
  const Trampoline& trampoline = *request.trampoline;
  const CodePlace place = {address, reinterpret_cast<uintptr_t>(request.callee)};
  std::optional<CodeBytes> code = Relax(trampoline, place);
  if (!code.has_value()) return std::nullopt;
  const UnverifiedCode unverified = {*code, 0, trampoline.alignment_bytes, place};
  const std::optional<Rejection> rejection =
      Verify(*request.signature, trampoline.target, trampoline.profile, unverified);
  return rejection.has_value() ? std::nullopt : std::move(code);
}

}  // namespace

bool ChunkCode::Add(const LinkRequest& request) {
  const Trampoline& trampoline = *request.trampoline;
  const size_t offset = AlignUp(size_, trampoline.alignment_bytes);
  std::optional<CodeBytes> relaxed;
  if (destination_ != 0) relaxed = Relaxed(request, destination_ + offset);
  const CodeBytes& code = relaxed.has_value() ? *relaxed : trampoline.code;
  const size_t size = code.size();
  if (offset + size > capacity_) return false;
  entries_.push_back({offset, size});
  uint8_t* const place = bytes_.get() + offset;
  std::fill(bytes_.get() + size_, place, uint8_t{0});
  std::copy_n(code.data(), size, place);
  if (!relaxed.has_value()) {
    Relocate(place, size, trampoline.relocation.callee_offset_bytes,
             reinterpret_cast<uintptr_t>(request.callee));
  }
  size_ = offset + size;
  return true;
}

}  // namespace springboard
