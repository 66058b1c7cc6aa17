#include "client/arena/chunk_code.h"

#include <optional>
#include <utility>

#include "client/arena/relaxation.h"
#include "client/mapping/relocate.h"
#include "client/verifier/verifier.h"

namespace springboard {
namespace {

size_t AlignUp(size_t offset, size_t alignment) {
  return (offset + alignment - 1) & ~(alignment - 1);
}

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
  const size_t offset = AlignUp(bytes_.size(), request.trampoline->alignment_bytes);
  const CodeBytes code = LinkedCode(request, offset);
  if (offset + code.size() > capacity_) return false;
  bytes_.resize(offset);
  bytes_.insert(bytes_.end(), code.begin(), code.end());
  entries_.push_back({offset, code.size()});
  return true;
}

CodeBytes ChunkCode::LinkedCode(const LinkRequest& request, size_t offset) const {
  if (destination_ != 0) {
    std::optional<CodeBytes> relaxed = Relaxed(request, destination_ + offset);
    if (relaxed.has_value()) return *std::move(relaxed);
  }
  CodeBytes code = request.trampoline->code;
  Relocate(code.data(), code.size(), request.trampoline->relocation.callee_offset_bytes,
           reinterpret_cast<uintptr_t>(request.callee));
  return code;
}

}  // namespace springboard
