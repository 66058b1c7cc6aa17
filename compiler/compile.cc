#include "compiler/compile.h"

#include <cstring>

#include "compiler/call_layout.h"
#include "compiler/emitter.h"
#include "compiler/thunk_plan.h"

namespace springboard {
namespace {

// A cache line's quarter, as compilers align functions on both instruction sets.
constexpr uint32_t kAlignmentBytes = 16;

// What a thread keeps from one trampoline to the next: their memory.
struct Workspace {
  CallLayout caller;
  CallLayout callee;
  ThunkPlan plan;
};

absl::StatusOr<EmittedCode> Emit(Isa isa, const ThunkPlan& plan) {
  return isa == Isa::kX64 ? EmitX64(plan) : EmitA64(plan);
}

}  // namespace

absl::Status CompileInto(const CompileRequest& request, Trampoline& trampoline) {
  static thread_local Workspace kept;
  const TargetInfo& target = Info(request.target);
  LayOutCallerInto(request.signature, target.caller(request.profile), kept.caller);
  LayOutCalleeInto(request.signature, *target.callee, kept.callee);
  absl::Status planned = PlanThunkInto(kept.caller, kept.callee, request.signature.result(),
                                       Info(request.profile), kept.plan);
  if (!planned.ok()) return planned;
  const absl::StatusOr<EmittedCode> emitted = Emit(target.isa, kept.plan);
  if (!emitted.ok()) return emitted.status();
  trampoline.code.resize(emitted->code.size());
  std::memcpy(trampoline.code.data(), emitted->code.data(), emitted->code.size());
  trampoline.relocation = {RelocationKind::kAbsolute64, emitted->callee_offset_bytes};
  trampoline.alignment_bytes = kAlignmentBytes;
  trampoline.target = request.target;
  trampoline.profile = request.profile;
  trampoline.frame_bytes = kept.plan.frame.size_bytes;
  trampoline.is_tail_call = kept.plan.is_tail_call();
  trampoline.codegen_version = kCodegenVersion;
  return absl::OkStatus();
}

absl::StatusOr<Trampoline> Compile(const CompileRequest& request) {
  absl::StatusOr<Trampoline> trampoline(absl::in_place);
  const absl::Status compiled = CompileInto(request, *trampoline);
  if (!compiled.ok()) return compiled;
  return trampoline;
}

}  // namespace springboard
