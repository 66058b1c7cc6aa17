#include "compiler/compile.h"

#include <utility>

#include "compiler/call_layout.h"
#include "compiler/emitter.h"
#include "compiler/thunk_plan.h"

namespace springboard {
namespace {

// A cache line's quarter, as compilers align functions on both instruction sets.
constexpr uint32_t kAlignmentBytes = 16;

absl::StatusOr<EmittedCode> Emit(Isa isa, const ThunkPlan& plan) {
  return isa == Isa::kX64 ? EmitX64(plan) : EmitA64(plan);
}

}  // namespace

absl::StatusOr<Trampoline> Compile(const Signature& signature, Target target,
                                   CallerProfile profile) {
  const TargetInfo& row = Info(target);
  const CallLayout caller = LayOutCaller(signature, row.caller(profile));
  const CallLayout callee = LayOutCallee(signature, *row.callee);
  const absl::StatusOr<ThunkPlan> plan =
      PlanThunk(caller, callee, signature.result(), Info(profile));
  if (!plan.ok()) return plan.status();
  absl::StatusOr<EmittedCode> emitted = Emit(row.isa, *plan);
  if (!emitted.ok()) return emitted.status();
  return Trampoline{std::move(emitted->code),
                    {RelocationKind::kAbsolute64, emitted->callee_offset_bytes},
                    kAlignmentBytes,
                    target,
                    profile,
                    plan->frame.size_bytes,
                    plan->is_tail_call(),
                    kCodegenVersion};
}

}  // namespace springboard
