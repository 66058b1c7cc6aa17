#ifndef SPRINGBOARD_COMPILER_THUNK_PLAN_H_
#define SPRINGBOARD_COMPILER_THUNK_PLAN_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "compiler/call_layout.h"
#include "compiler/frame_layout.h"
#include "compiler/native_type.h"
#include "compiler/step.h"
#include "compiler/target.h"

namespace springboard {

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
