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
// What a push takes of the stack.
constexpr uint32_t kWordBytes = 8;
// Takes a word that is dropped: no convention has a result in it, or an argument after the call.
constexpr Gp kDropped = asmjit::x86::rcx;

class X64Emitter : public StepEncoder<X64Emitter> {
 public:
  using StepEncoder::operator();

  X64Emitter(const ThunkPlan& plan, asmjit::x86::Assembler& assembler)
      : StepEncoder(plan), as_(assembler), scratch_(General(Info(Isa::kX64).scratch)) {}

  void operator()(const Push& push) {
    PushWord(push.move);
    pushed_bytes_ += kWordBytes;
  }

  // Shorter than to lower rsp; whatever is in the register.
  void operator()(PushPadding) {
    Check(as_.push(scratch_));
    pushed_bytes_ += kWordBytes;
  }

  void operator()(EnterFrame) {
    const uint32_t left = frame_.size_bytes - std::min(frame_.size_bytes, pushed_bytes_);
    if (left == kWordBytes) {
      Check(as_.push(scratch_));
    } else if (left > 0) {
      Check(as_.sub(asmjit::x86::rsp, left));
    }
    pushed_bytes_ = frame_.size_bytes;
  }

  void operator()(LeaveFrame) { RaiseStack(frame_.size_bytes); }

  void operator()(LeaveFrameAndPop step) {
    RaiseStack(frame_.kept_offset_bytes);
    Check(as_.pop(General(step.to)));
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

  void operator()(StoreResult step) {
    Check(as_.mov(asmjit::x86::qword_ptr(General(step.pointer)), result()));
  }

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

  // While words are pushed, all that is above them is closer to rsp than it will be at the call.
  Mem Stack(Location location, uint32_t bytes) const {
    const uint32_t not_yet_bytes = frame_.size_bytes - pushed_bytes_;
    return asmjit::x86::ptr(asmjit::x86::rsp,
                            static_cast<int32_t>(OffsetFromSp(location) - not_yet_bytes), bytes);
  }

  void RaiseStack(uint32_t bytes) {
    if (bytes == kWordBytes) {
      Check(as_.pop(kDropped));
    } else if (bytes > 0) {
      Check(as_.add(asmjit::x86::rsp, bytes));
    }
  }

  void PushWord(const Move& move) {
    if (move.operation == MoveOperation::kLoadData) {
      const Gp array = LoadArray(move);
      Check(as_.push(asmjit::x86::qword_ptr(array, plan_.typed_array_data_offset_bytes)));
    } else if (move.operation == MoveOperation::kCopy) {
      // Of V8's slots all 8 bytes may be read.
      Check(as_.emit(asmjit::x86::Inst::kIdPush, Source(move, kWordBytes)));
    } else {
      MoveToGeneral(move, move.via);
      Check(as_.push(General(move.via)));
    }
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
    const Gp array = LoadArray(move);
    Check(as_.mov(to, asmjit::x86::qword_ptr(array, plan_.typed_array_data_offset_bytes)));
  }

  // The register that points to the array's struct.
  Gp LoadArray(const Move& move) {
    if (move.from.is_register()) return General(move.from.reg());
    const Gp array = General(move.via);
    Check(as_.mov(array, Stack(move.from, kAddressBytes)));
    return array;
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
  uint32_t pushed_bytes_ = 0;  // Of the frame: what of it is there.
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
