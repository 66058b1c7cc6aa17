#include <asmjit/x86.h>

#include <algorithm>
#include <variant>

#include "compiler/assembly.h"
#include "compiler/emitter.h"

namespace springboard {
namespace {

using asmjit::Imm;
using asmjit::x86::Gp;
using asmjit::x86::Mem;
using asmjit::x86::Xmm;

constexpr uint32_t kAddressBytes = 8;
constexpr uint32_t kPushBytes = 8;
// Takes what the frame drops: no convention has a result in it, or an argument after the call.
constexpr Gp kDropped = asmjit::x86::rcx;

class X64Emitter : public StepEncoder<X64Emitter> {
 public:
  using StepEncoder::operator();

  X64Emitter(const ThunkPlan& plan, asmjit::x86::Assembler& assembler)
      : StepEncoder(plan),
        as_(assembler),
        scratch_(General(Info(Isa::kX64).scratch)),
        preserved_(General(Info(Isa::kX64).preserved)) {}

  void operator()(EnterFrame) {
    if (frame_.saves_preserved) Check(as_.push(preserved_));
    if (lowered_bytes() == kPushBytes) {
      Check(as_.push(scratch_));  // Shorter, whatever is in it.
    } else if (lowered_bytes() > 0) {
      Check(as_.sub(asmjit::x86::rsp, lowered_bytes()));
    }
  }

  void operator()(LeaveFrame) {
    if (lowered_bytes() == kPushBytes) {
      Check(as_.pop(kDropped));
    } else if (lowered_bytes() > 0) {
      Check(as_.add(asmjit::x86::rsp, lowered_bytes()));
    }
    if (frame_.saves_preserved) Check(as_.pop(preserved_));
  }

  void operator()(CallCallee) {
    LoadCalleeAddress();
    Check(as_.call(scratch_));
  }

  void operator()(TailCallCallee) {
    LoadCalleeAddress();
    Check(as_.jmp(scratch_));
  }

  void operator()(const ExtendResult& step) {
    const NativeTypeInfo& type = Info(step.type);
    if (step.type == NativeType::kI16 && result() == asmjit::x86::rax) {
      Check(as_.cwde());  // movsx eax, ax in a byte.
      return;
    }
    Extend(result(), Sized(result(), type.size_bytes), type.is_signed);
  }

  void operator()(StoreResult) { Check(as_.mov(asmjit::x86::qword_ptr(preserved_), result())); }

  void operator()(Return) { Check(as_.ret()); }

  uint32_t callee_offset_bytes() const { return callee_offset_bytes_; }

 private:
  friend StepEncoder;

  static Gp General(Register reg) { return asmjit::x86::gpq(reg.number); }
  static Xmm Vector(Register reg) { return asmjit::x86::xmm(reg.number); }
  static Gp Sized(const Gp& reg, uint32_t bytes) {
    switch (bytes) {
      case 1:
        return reg.r8();
      case 2:
        return reg.r16();
      case 4:
        return reg.r32();
      default:
        return reg.r64();
    }
  }

  Gp result() const { return General(plan_.callee->integer_result); }

  uint32_t lowered_bytes() const {
    return frame_.size_bytes - (frame_.saves_preserved ? kPushBytes : 0);
  }

  Mem Stack(Location location, uint32_t bytes) const {
    return asmjit::x86::ptr(asmjit::x86::rsp, static_cast<int32_t>(OffsetFromSp(location)), bytes);
  }

  // Always 10 bytes, so that the code's length does not depend on the address.
  void LoadCalleeAddress() {
    Check(as_.movabs(scratch_, Imm(0)));
    callee_offset_bytes_ = static_cast<uint32_t>(as_.offset()) - kAddressBytes;
  }

  // The source of a move, as wide as it is read.
  asmjit::Operand Source(const Move& move, uint32_t bytes) const {
    if (!move.from.is_register()) return Stack(move.from, bytes);
    return Sized(General(move.from.reg()), bytes);
  }

  void Extend(const Gp& to, const asmjit::Operand& from, bool is_signed) {
    Check(as_.emit(is_signed ? asmjit::x86::Inst::kIdMovsx : asmjit::x86::Inst::kIdMovzx, to.r32(),
                   from));
  }

  void MoveToGeneral(const Move& move, Register reg) {
    const Gp to = General(reg);
    switch (move.operation) {
      case MoveOperation::kCopy: {
        const uint32_t bytes = std::min(move.from_bytes, move.to_bytes);
        Check(as_.emit(asmjit::x86::Inst::kIdMov, Sized(to, bytes), Source(move, bytes)));
        break;
      }
      case MoveOperation::kZeroExtend:
      case MoveOperation::kSignExtend:
        Extend(to, Source(move, move.value_bytes), move.operation == MoveOperation::kSignExtend);
        break;
      case MoveOperation::kLoadData:
        LoadData(move, to);
        break;
      case MoveOperation::kClear:
        Check(as_.xor_(to.r32(), to.r32()));
        break;
    }
  }

  void LoadData(const Move& move, const Gp& to) {
    Gp array = General(move.via);
    if (move.from.is_register()) {
      array = General(move.from.reg());
    } else {
      Check(as_.mov(array, Stack(move.from, kAddressBytes)));
    }
    Check(as_.mov(to, asmjit::x86::qword_ptr(array, plan_.typed_array_data_offset_bytes)));
  }

  void MoveToVector(const Move& move, Register reg) {
    const Xmm to = Vector(reg);
    if (move.from.is_register()) {
      Check(as_.movaps(to, Vector(move.from.reg())));
    } else if (move.from_bytes == 4) {
      Check(as_.movss(to, Stack(move.from, 4)));
    } else {
      Check(as_.movsd(to, Stack(move.from, 8)));
    }
  }

  void StoreVector(const Move& move, Register from) {
    const Mem to = Stack(move.to, move.to_bytes);
    Check(move.to_bytes == 4 ? as_.movss(to, Vector(from)) : as_.movsd(to, Vector(from)));
  }

  void StoreGeneral(const Move& move, Register from) {
    Check(as_.mov(Stack(move.to, move.to_bytes), Sized(General(from), move.to_bytes)));
  }

  asmjit::x86::Assembler& as_;
  const Gp scratch_;
  const Gp preserved_;
  uint32_t callee_offset_bytes_ = 0;
};

}  // namespace

absl::StatusOr<EmittedCode> EmitX64(const ThunkPlan& plan) {
  static thread_local Assembly<asmjit::x86::Assembler> assembly(asmjit::Arch::kX64);
  X64Emitter emitter(plan, assembly.Begin());
  for (const Step& step : plan.steps) std::visit(emitter, step);
  return assembly.Finish(emitter.error(), emitter.callee_offset_bytes());
}

}  // namespace springboard
