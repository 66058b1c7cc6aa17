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
//   |  preserved register           |  <- only if an out array is held across the call
//   |  padding to 16 bytes          |
//   |  outgoing stacked arguments   |
//   |  shadow space                 |  <- Windows x64
//   +-------------------------------+  sp, a multiple of 16
//
// Where nothing is outgoing, the AArch64 frame record is at sp and the rest above it: then the
// instruction that stores it lowers sp too.
//
// A tail call has no frame: entry sp is sp, and both argument areas are the same bytes.

namespace springboard {

// Every size and offset of the frame, computed once. Offsets count from sp at the call.
struct FrameLayout {
  // From sp to entry sp; 0 in a tail call.
  uint32_t size_bytes = 0;
  bool keeps_frame_record = false;
  bool saves_preserved = false;
  uint32_t incoming_offset_bytes = 0;  // Of the first stacked argument received.
  uint32_t outgoing_offset_bytes = 0;  // Of the first stacked argument passed.
  uint32_t record_offset_bytes = 0;    // Where keeps_frame_record.
  uint32_t saved_offset_bytes = 0;     // Where saves_preserved.

  std::string ToString() const;

  friend bool operator==(const FrameLayout& a, const FrameLayout& b);
};

// The frame of a call, or of a tail call, between two layouts of the same ISA.
FrameLayout LayOutFrame(const CallLayout& caller, const CallLayout& callee, bool saves_preserved);
FrameLayout LayOutTailCall(const CallLayout& caller, const CallLayout& callee);

}  // namespace springboard

#endif  // SPRINGBOARD_COMPILER_FRAME_LAYOUT_H_
