#include "client/arena/chunk_code.h"

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
  const size_t offset = AlignUp(bytes_.size(), trampoline.alignment_bytes);
  std::optional<CodeBytes> relaxed;
  if (destination_ != 0) relaxed = Relaxed(request, destination_ + offset);
  const CodeBytes& code = relaxed.has_value() ? *relaxed : trampoline.code;
  if (offset + code.size() > capacity_) return false;
  if (offset > bytes_.size()) bytes_.resize(offset);
  bytes_.insert(bytes_.end(), code.data(), code.data() + code.size());
  entries_.push_back({offset, code.size()});
  if (!relaxed.has_value()) {
    Relocate(bytes_.data() + offset, code.size(), trampoline.relocation.callee_offset_bytes,
             reinterpret_cast<uintptr_t>(request.callee));
  }
  return true;
}

}  // namespace springboard
