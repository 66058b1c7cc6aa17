#ifndef SPRINGBOARD_COMPILER_STEP_H_
#define SPRINGBOARD_COMPILER_STEP_H_

#include <variant>

#include "compiler/isa.h"
#include "compiler/native_type.h"
#include "compiler/parallel_move.h"

namespace springboard {

// The steps of a trampoline. A Move is one too.

// Lowers sp by a word, which then is the destination of the move.
struct Push {
  Move move;
};
// Lowers sp by a word that nothing reads.
struct PushPadding {};
// Makes the frame, or what pushes have left of it: keeps the frame record, lowers sp.
struct EnterFrame {};
// Calls the callee, whose result is then in the convention's result register.
struct CallCallee {};
// Widens a narrow result to 32 bits by its signedness.
struct ExtendResult {
  NativeType type;
};
// Stores the 8 bytes of the result where the register points.
struct StoreResult {
  Register pointer;
};
// Raises sp to where it was, and restores what the frame record keeps.
struct LeaveFrame {};
// The same for a frame that begins with a word, which goes to the register.
struct LeaveFrameAndPop {
  Register to;
};
struct Return {};
// Jumps to the callee, which returns to the trampoline's caller.
struct TailCallCallee {};

using Step = std::variant<Push, PushPadding, EnterFrame, Move, CallCallee, ExtendResult,
                          StoreResult, LeaveFrame, LeaveFrameAndPop, Return, TailCallCallee>;

}  // namespace springboard

#endif  // SPRINGBOARD_COMPILER_STEP_H_
