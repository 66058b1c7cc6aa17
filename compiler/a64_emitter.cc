#include <asmjit/arm/a64assembler.h>

#include <variant>

#include "compiler/assembly.h"
#include "compiler/emitter.h"

namespace springboard {
namespace {

using asmjit::a64::Gp;
using asmjit::a64::Mem;
using asmjit::a64::sp;
using asmjit::a64::Vec;
using asmjit::a64::x29;
using asmjit::a64::x30;

constexpr uint32_t kRecordBytes = 16;
// Of stp and ldp: a signed 7-bit multiple of 8.
constexpr uint32_t kMaxPairOffsetBytes = 504;

class A64Emitter : public StepEncoder<A64Emitter> {
 public:
  using StepEncoder::operator();

  A64Emitter(const ThunkPlan& plan, asmjit::a64::Assembler& assembler, const asmjit::Label& begin)
      : StepEncoder(plan),
        as_(assembler),
        scratch_(General(Info(Isa::kAArch64).scratch)),
        begin_(begin) {}

  // No convention of this instruction set has these.
  void operator()(const Push& /*push*/) { Check(asmjit::kErrorInvalidState); }
  void operator()(PushPadding) { Check(asmjit::kErrorInvalidState); }
  void operator()(LeaveFrameAndPop /*step*/) { Check(asmjit::kErrorInvalidState); }

  void operator()(EnterFrame) {
    if (pushes_record()) {
      Check(as_.stp(x29, x30, asmjit::a64::ptr_pre(sp, -static_cast<int32_t>(pushed_bytes()))));
      Check(as_.mov(x29, sp));
      if (lowered_bytes() > 0) Check(as_.sub(sp, sp, lowered_bytes()));
    } else {
      Check(as_.sub(sp, sp, lowered_bytes()));
      Check(as_.stp(x29, x30, Record()));
      Check(as_.add(x29, sp, frame_.record_offset_bytes));
    }
  }

  void operator()(LeaveFrame) {
    if (pushes_record()) {
      if (lowered_bytes() > 0) Check(as_.add(sp, sp, lowered_bytes()));
      Check(as_.ldp(x29, x30, asmjit::a64::ptr_post(sp, static_cast<int32_t>(pushed_bytes()))));
    } else {
      Check(as_.ldp(x29, x30, Record()));
      Check(as_.add(sp, sp, lowered_bytes()));
    }
  }

  void operator()(CallCallee) {
    ReserveCalleeLoad();
    Check(as_.blr(scratch_));
  }

  void operator()(TailCallCallee) {
    ReserveCalleeLoad();
    Check(as_.br(scratch_));
  }

  void operator()(const ExtendResult& step) {
    const NativeTypeInfo& type = Info(step.type);
    ExtendRegister(result(), result(), type.size_bytes, type.is_signed);
  }

  void operator()(StoreResult step) {
    Check(as_.str(result(), asmjit::a64::ptr(General(step.pointer))));
  }

  void operator()(Return) { Check(as_.ret(x30)); }

  // Encodes two moves as one instruction, if there is one: loads of, or stores to, neighbours on
  // the stack.
  bool Pair(const Move& first, const Move& second) {
    if (!HasStack(first) || first.operation != MoveOperation::kCopy ||
        second.operation != MoveOperation::kCopy) {
      return false;
    }
    constexpr RegisterClass kGeneral = RegisterClass::kGeneral;
    const bool loads = first.to.is_register(kGeneral) && second.to.is_register(kGeneral) &&
                       !first.from.is_register() && !second.from.is_register();
    if (loads && first.to != second.to && AreNeighbours(first.from, second.from, 8) &&
        first.from_bytes == 8 && second.from_bytes == 8) {
      Check(as_.ldp(General(first.to.reg()), General(second.to.reg()), Stack(first.from)));
      return true;
    }
    const bool stores = first.from.is_register(kGeneral) && second.from.is_register(kGeneral) &&
                        !first.to.is_register() && !second.to.is_register();
    const uint32_t bytes = first.to_bytes;
    if (stores && bytes == second.to_bytes && (bytes == 4 || bytes == 8) &&
        AreNeighbours(first.to, second.to, bytes)) {
      Check(as_.stp(Sized(General(first.from.reg()), bytes),
                    Sized(General(second.from.reg()), bytes), Stack(first.to)));
      return true;
    }
    return false;
  }

  // Puts the callee's slot behind the last instruction; returns its offset.
  uint32_t EmitCalleeSlot() {
    const size_t slot = as_.offset();
    const uint64_t zero = 0;
    Check(as_.embed(&zero, sizeof(zero)));
    const size_t end = as_.offset();
    Check(as_.setOffset(callee_load_));
    LoadCalleeAddress(slot);
    Check(as_.setOffset(end));
    return static_cast<uint32_t>(slot);
  }

 private:
  friend StepEncoder;

  static bool HasStack(const Move& move) {
    return !move.from.is_register() || !move.to.is_register();
  }

  static Gp General(Register reg) { return asmjit::a64::x(reg.number); }
  static Gp Sized(const Gp& reg, uint32_t bytes) { return bytes == 8 ? Gp(reg.x()) : Gp(reg.w()); }
  static Vec Vector(Register reg, uint32_t bytes) {
    return bytes == 8 ? Vec(asmjit::a64::d(reg.number)) : Vec(asmjit::a64::s(reg.number));
  }

  Gp result() const { return General(plan_.callee->integer_result); }

  // What stores the record lowers sp too where the record is at sp, and where it is out of stp's
  // reach, by the record alone.
  bool pushes_record() const {
    return frame_.record_offset_bytes == 0 || frame_.record_offset_bytes > kMaxPairOffsetBytes;
  }
  uint32_t pushed_bytes() const {
    return frame_.record_offset_bytes == 0 ? frame_.size_bytes : kRecordBytes;
  }
  uint32_t lowered_bytes() const {
    return frame_.size_bytes - (pushes_record() ? pushed_bytes() : 0);
  }

  static Mem AtSp(uint32_t offset_bytes) {
    return asmjit::a64::ptr(sp, static_cast<int32_t>(offset_bytes));
  }
  Mem Record() const { return AtSp(frame_.record_offset_bytes); }
  Mem Stack(Location location) const { return AtSp(OffsetFromSp(location)); }

  // Of `bytes` each, within a pair's reach.
  bool AreNeighbours(Location first, Location second, uint32_t bytes) const {
    const uint32_t offset = OffsetFromSp(first);
    return OffsetFromSp(second) == offset + bytes && offset % bytes == 0 &&
           offset / bytes <= kMaxPairOffsetBytes / 8;
  }

  // The load is encoded once it is known how far its slot is.
  void ReserveCalleeLoad() {
    constexpr uint32_t kNotYet = 0;
    callee_load_ = as_.offset();
    Check(as_.embed(&kNotYet, sizeof(kNotYet)));
  }
  void LoadCalleeAddress(size_t slot) {
    Check(as_.ldr(scratch_, asmjit::a64::ptr(begin_, static_cast<int32_t>(slot))));
  }

  void ExtendRegister(const Gp& to, const Gp& from, uint32_t bytes, bool is_signed) {
    if (!is_signed) {
      Check(as_.and_(to.w(), from.w(), bytes == 1 ? 0xFF : 0xFFFF));
    } else {
      Check(bytes == 1 ? as_.sxtb(to.w(), from.w()) : as_.sxth(to.w(), from.w()));
    }
  }

  void ExtendStack(const Gp& to, const Mem& from, uint32_t bytes, bool is_signed) {
    if (is_signed) {
      Check(bytes == 1 ? as_.ldrsb(to.w(), from) : as_.ldrsh(to.w(), from));
    } else {
      Check(bytes == 1 ? as_.ldrb(to.w(), from) : as_.ldrh(to.w(), from));
    }
  }

  void MoveToGeneral(const Move& move, Register reg) {
    const Gp to = General(reg);
    switch (move.operation) {
      case MoveOperation::kCopy:
        CopyToGeneral(move, to);
        break;
      case MoveOperation::kZeroExtend:
      case MoveOperation::kSignExtend: {
        const bool is_signed = move.operation == MoveOperation::kSignExtend;
        if (move.from.is_register()) {
          ExtendRegister(to, General(move.from.reg()), move.value_bytes, is_signed);
        } else {
          ExtendStack(to, Stack(move.from), move.value_bytes, is_signed);
        }
        break;
      }
      case MoveOperation::kLoadData:
        LoadData(move, to);
        break;
      case MoveOperation::kClear:
        Check(as_.mov(to, asmjit::a64::xzr));
        break;
    }
  }

  void CopyToGeneral(const Move& move, const Gp& to) {
    const Gp sized = Sized(to, move.from_bytes);
    if (move.from.is_register()) {
      Check(as_.mov(sized, Sized(General(move.from.reg()), move.from_bytes)));
    } else {
      Check(as_.ldr(sized, Stack(move.from)));
    }
  }

  void LoadData(const Move& move, const Gp& to) {
    Gp array = General(move.via);
    if (move.from.is_register()) {
      array = General(move.from.reg());
    } else {
      Check(as_.ldr(array, Stack(move.from)));
    }
    Check(as_.ldr(to, asmjit::a64::ptr(array, plan_.typed_array_data_offset_bytes)));
  }

  void MoveToVector(const Move& move, Register to) {
    if (move.from.is_register()) {
      Check(as_.fmov(Vector(to, 8), Vector(move.from.reg(), 8)));
    } else {
      Check(as_.ldr(Vector(to, move.from_bytes), Stack(move.from)));
    }
  }

  void StoreGeneral(const Move& move, Register reg) {
    const Gp from = General(reg);
    const Mem to = Stack(move.to);
    switch (move.to_bytes) {
      case 1:
        Check(as_.strb(from.w(), to));
        break;
      case 2:
        Check(as_.strh(from.w(), to));
        break;
      default:
        Check(as_.str(Sized(from, move.to_bytes), to));
    }
  }

  void StoreVector(const Move& move, Register from) {
    Check(as_.str(Vector(from, move.to_bytes), Stack(move.to)));
  }

  asmjit::a64::Assembler& as_;
  const Gp scratch_;
  const asmjit::Label begin_;
  size_t callee_load_ = 0;  // Where the callee's address is loaded.
};

}  // namespace

absl::StatusOr<EmittedCode> EmitA64(const ThunkPlan& plan) {
  static thread_local Assembly<asmjit::a64::Assembler> assembly(asmjit::Arch::kAArch64);
  A64Emitter emitter(plan, assembly.Begin(), assembly.begin_label());
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    const Move* const move = std::get_if<Move>(&plan.steps[i]);
    const Move* const next = move == nullptr || i + 1 == plan.steps.size()
                                 ? nullptr
                                 : std::get_if<Move>(&plan.steps[i + 1]);
    if (next != nullptr && emitter.Pair(*move, *next)) {
      ++i;
    } else {
      std::visit(emitter, plan.steps[i]);
    }
  }
  const uint32_t callee_offset_bytes = emitter.EmitCalleeSlot();
  return assembly.Finish(emitter.error(), callee_offset_bytes);
}

}  // namespace springboard
