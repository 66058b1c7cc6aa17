#include "client/arena/known_outlines.h"

#include <cstring>
#include <optional>
#include <utility>

namespace springboard {

const CodeOutline* KnownOutlines::Of(absl::Span<const uint8_t> code) {
  if (last_ == nullptr || !IsAlike(*last_, code)) last_ = Find(code);
  return last_ != nullptr ? &last_->outline : nullptr;
}

// An outline depends on the instructions, except for where their callee is, and on the size, beyond
// which nothing is read.
bool KnownOutlines::IsAlike(const Known& known, absl::Span<const uint8_t> code) {
  if (code.size() != known.code.size()) return false;
  const CodeOutline& outline = known.outline;
  const size_t begin = outline.callee_bytes_offset;
  const size_t end = begin + outline.callee_bytes_size;
  return std::memcmp(code.data(), known.code.data(), begin) == 0 &&
         std::memcmp(code.data() + end, known.code.data() + end, outline.end_bytes - end) == 0;
}

const KnownOutlines::Known* KnownOutlines::Find(absl::Span<const uint8_t> code) {
  for (const Known& known : lists_[code.size() % kLists].known) {
    if (IsAlike(known, code)) return &known;
  }
  return Add(code);
}

const KnownOutlines::Known* KnownOutlines::Add(absl::Span<const uint8_t> code) {
  std::optional<CodeOutline> outline = Outline(target_, code);
  if (!outline.has_value()) return nullptr;
  List& list = lists_[code.size() % kLists];
  Known added = {code, *std::move(outline)};
  if (list.known.size() < kMaxInList) return &list.known.emplace_back(std::move(added));
  Known& replaced = list.known[list.next];
  list.next = (list.next + 1) % kMaxInList;
  replaced = std::move(added);
  return &replaced;
}

}  // namespace springboard
