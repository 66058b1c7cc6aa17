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

absl::StatusOr<Trampoline> Compile(const CompileRequest& request) {
  // What is worked out on the way, whose memory is used again by the next call of the thread.
  static thread_local CallLayout caller;
  static thread_local CallLayout callee;
  static thread_local ThunkPlan plan;
  const TargetInfo& target = Info(request.target);
  LayOutCaller(request.signature, target.caller(request.profile), caller);
  LayOutCallee(request.signature, *target.callee, callee);
  absl::Status planned =
      PlanThunk(caller, callee, request.signature.result(), Info(request.profile), plan);
  if (!planned.ok()) return planned;
  absl::StatusOr<EmittedCode> emitted = Emit(target.isa, plan);
  if (!emitted.ok()) return emitted.status();
  return Trampoline{
      std::move(emitted->code), {RelocationKind::kAbsolute64, emitted->callee_offset_bytes},
      kAlignmentBytes,          request.target,
      request.profile,          plan.frame.size_bytes,
      plan.is_tail_call(),      kCodegenVersion};
}

}  // namespace springboard
