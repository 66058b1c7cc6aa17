#ifndef SPRINGBOARD_COMPILER_THUNK_PLAN_H_
#define SPRINGBOARD_COMPILER_THUNK_PLAN_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "compiler/call_layout.h"
#include "compiler/frame_layout.h"
#include "compiler/native_type.h"
#include "compiler/parallel_move.h"
#include "compiler/target.h"

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

// A trampoline as the list of what it does, ready to be encoded instruction by instruction.
struct ThunkPlan {
  const CallingConvention* callee = nullptr;  // Of a plan: not null; names ISA and registers.
  uint8_t typed_array_data_offset_bytes = 0;  // For kLoadData.
  FrameLayout frame;
  std::vector<Step> steps;

  bool is_tail_call() const { return frame.size_bytes == 0; }

  // The frame, then a line for each step.
  std::string ToString() const;
};

inline std::ostream& operator<<(std::ostream& os, const ThunkPlan& plan) {
  return os << plan.ToString();
}

// Plans the trampoline that takes V8's call, laid out as `caller`, to a function laid out as
// `callee`. Both are of one signature, whose result is `result`. Tail-calls unless the result
// must be changed after the call.
// Error: INTERNAL if the moves have no order, which no row of CallingConvention brings about.
absl::StatusOr<ThunkPlan> PlanThunk(const CallLayout& caller, const CallLayout& callee,
                                    NativeType result, const CallerProfileInfo& profile);

// The same, in the memory of another plan.
absl::Status PlanThunkInto(const CallLayout& caller, const CallLayout& callee, NativeType result,
                           const CallerProfileInfo& profile, ThunkPlan& plan);

}  // namespace springboard

#endif  // SPRINGBOARD_COMPILER_THUNK_PLAN_H_
