#ifndef SPRINGBOARD_COMPILER_FRAME_LAYOUT_H_
#define SPRINGBOARD_COMPILER_FRAME_LAYOUT_H_

#include <cstdint>
#include <string>

#include "compiler/call_layout.h"

// The stack of a framed trampoline at its call instruction, high addresses first:
//
//   |  incoming stacked arguments   |
//   |  caller's shadow space        |  <- Windows x64
//   |  return address               |  <- x64
//   +-------------------------------+  entry sp
//   |  x29, x30                     |  <- AArch64: the frame record; x29 points here
//   |  a kept word                  |  <- only if V8 passed the out array in a register: its data
//   |                               |     pointer, or what was in the register that has it
//   |  padding to 16 bytes          |
//   |  outgoing stacked arguments   |
//   |  shadow space                 |  <- Windows x64
//   +-------------------------------+  sp, a multiple of 16
//
// Where nothing is outgoing, the AArch64 frame record is at sp and the rest above it: then the
// instruction that stores it lowers sp too.
//
// On x64 what is above the shadow space is pushed word by word, unless that takes more code than
// the convention lets it.
//
// A tail call has no frame: entry sp is sp, and both argument areas are the same bytes.

namespace springboard {

// Every size and offset of the frame, computed once. Offsets count from sp at the call.
struct FrameLayout {
  // From sp to entry sp; 0 in a tail call.
  uint32_t size_bytes = 0;
  bool keeps_frame_record = false;
  bool keeps_word = false;
  bool pushes_arguments = false;       // Word by word, and the padding above them.
  uint32_t incoming_offset_bytes = 0;  // Of the first stacked argument received.
  uint32_t outgoing_offset_bytes = 0;  // Of the first stacked argument passed.
  uint32_t record_offset_bytes = 0;    // Where keeps_frame_record.
  uint32_t kept_offset_bytes = 0;      // Where keeps_word.
  uint32_t padding_bytes = 0;          // Above the outgoing arguments.

  std::string ToString() const;

  friend bool operator==(const FrameLayout& a, const FrameLayout& b);
};

// The frame of a call, or of a tail call, between two layouts of the same ISA.
FrameLayout LayOutFrame(const CallLayout& caller, const CallLayout& callee, bool keeps_word);
FrameLayout LayOutTailCall(const CallLayout& caller, const CallLayout& callee);

}  // namespace springboard

#endif  // SPRINGBOARD_COMPILER_FRAME_LAYOUT_H_
