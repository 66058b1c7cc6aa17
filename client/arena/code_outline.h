#ifndef SPRINGBOARD_CLIENT_ARENA_CODE_OUTLINE_H_
#define SPRINGBOARD_CLIENT_ARENA_CODE_OUTLINE_H_

#include <cstdint>
#include <optional>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"
#include "compiler/target.h"

namespace springboard {

// What tools need to know of a trampoline's code, read from the code itself: where its frame is,
// instruction by instruction, and how it loads its callee.
struct CodeOutline {
  // What changes with an instruction; holds from its end. The canonical frame address (CFA) is sp
  // before the call to the trampoline (DWARF 5, 6.4).
  struct Row {
    enum class Kind : uint8_t {
      kCfa,       // The CFA is sp + value, in bytes.
      kSaved,     // The caller's value of `reg` is at CFA - value, in bytes.
      kRestored,  // `reg` has the caller's value again.
    };
    uint32_t offset_bytes;  // Behind the instruction.
    Kind kind;
    uint8_t reg;  // By hardware number; of general registers.
    int32_t value;
  };

  absl::InlinedVector<Row, 8> rows;
  // The one instruction that loads the callee's address.
  uint32_t load_offset_bytes = 0;
  uint32_t load_size_bytes = 0;
  uint8_t callee_register = 0;                // By hardware number.
  std::optional<uint32_t> call_offset_bytes;  // Of its one call; none where it tail-calls.
  uint32_t end_bytes = 0;                     // Of the instructions; the callee's slot may follow.
  // Where instructions have the callee's address, or the distance to it, in themselves: whatever
  // these bytes are, the outline is the same.
  uint32_t callee_bytes_offset = 0;
  uint32_t callee_bytes_size = 0;

  bool has_frame() const { return !rows.empty(); }
};

// Of code for the target; nothing if it has instructions that no trampoline has, as code may that
// was not verified.
std::optional<CodeOutline> Outline(Target target, absl::Span<const uint8_t> code);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_ARENA_CODE_OUTLINE_H_
