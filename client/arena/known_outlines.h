#ifndef SPRINGBOARD_CLIENT_ARENA_KNOWN_OUTLINES_H_
#define SPRINGBOARD_CLIENT_ARENA_KNOWN_OUTLINES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "client/arena/code_outline.h"
#include "compiler/target.h"

namespace springboard {

// Outlines of many trampolines, of which most differ from another one in their callee alone: such
// code is compared and not decoded. Thread-compatible.
class KnownOutlines {
 public:
  explicit KnownOutlines(Target target) : target_(target) {}

  // As Outline() gives it; null if it gives nothing. `code` must stay as it is as long as this
  // lives. The outline is valid until the next call.
  const CodeOutline* Of(absl::Span<const uint8_t> code);

 private:
  struct Known {
    absl::Span<const uint8_t> code;
    CodeOutline outline;
  };

  // By code of sizes that are the same modulo their number: what is looked through for one is
  // short, and what is kept is bounded.
  static constexpr size_t kLists = 32;
  static constexpr size_t kMaxInList = 16;
  struct List {
    std::vector<Known> known;
    size_t next = 0;  // To be replaced once there are as many as may be.
  };

  static bool IsAlike(const Known& known, absl::Span<const uint8_t> code);
  const Known* Find(absl::Span<const uint8_t> code);
  const Known* Add(absl::Span<const uint8_t> code);

  const Target target_;
  std::array<List, kLists> lists_;
  const Known* last_ = nullptr;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_ARENA_KNOWN_OUTLINES_H_
