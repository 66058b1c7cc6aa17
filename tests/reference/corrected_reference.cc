#include "tests/reference/corrected_reference.h"

#include <asmjit/arm/a64assembler.h>
#include <asmjit/x86.h>

#include <algorithm>

#include "compiler/argument_location.h"
#include "compiler/call_layout.h"
#include "compiler/fast_api.h"

namespace springboard {
namespace {

namespace a64 = asmjit::a64;
namespace x86 = asmjit::x86;

bool IsFloat(NativeType type) { return Info(type).type_class == TypeClass::kFloat; }

// Where everything is, for both instruction sets.
class Corrected {
 public:
  Corrected(const Signature& signature, Target target)
      : target_(target),
        result_(signature.result()),
        convention_(*Info(target).callee),
        caller_(LayOutCaller(signature, Info(target).caller(CallerProfile::kV8_10))),
        callee_(LayOutCallee(signature, convention_)) {
    extends_result_ = Info(result_).is_narrow() && result_ != NativeType::kBool &&
                      convention_.narrow_results == NarrowIntegers::kGarbage;
    is_framed_ = NeedsOutArray(result_) || extends_result_;
  }

 protected:
  static bool Extends(const ArgumentLocation& to) {
    return to.is_extended && to.container_bytes > Info(to.type).size_bytes;
  }

  bool is_receiver_overwritten() const {
    return std::any_of(callee_.arguments.begin(), callee_.arguments.end(),
                       [&](const ArgumentLocation& argument) {
                         return argument.location == caller_.arguments.front().location;
                       });
  }

  Trampoline Finish(const asmjit::CodeHolder& holder, uint32_t callee_offset) const {
    const asmjit::CodeBuffer& buffer = holder.textSection()->buffer();
    return {{buffer.begin(), buffer.end()},
            {RelocationKind::kAbsolute64, callee_offset},
            16,
            target_,
            CallerProfile::kV8_10,
            frame_bytes_,
            !is_framed_,
            kCodegenVersion};
  }

  const Target target_;
  const NativeType result_;
  const CallingConvention& convention_;
  const CallLayout caller_;
  const CallLayout callee_;
  bool extends_result_;
  bool is_framed_;
  uint32_t frame_bytes_ = 0;
};

class CorrectedX64 : public Corrected {
 public:
  CorrectedX64(const Signature& signature, Target target) : Corrected(signature, target) {
    holder_.init(asmjit::Environment(asmjit::Arch::kX64));
    holder_.attach(&as_);
  }

  Trampoline Compile() {
    if (is_framed_) Enter();
    for (size_t i = 0; i < callee_.arguments.size(); ++i) {
      MoveArgument(caller_.arguments[i + 1], callee_.arguments[i]);
    }
    const x86::Gp receiver = General(caller_.arguments.front());
    if (!is_receiver_overwritten()) as_.xor_(receiver.r32(), receiver.r32());
    if (NeedsOutArray(result_)) LoadOutArray(caller_.arguments.back());
    as_.movabs(x86::rax, asmjit::Imm(0));
    const auto callee_offset = static_cast<uint32_t>(as_.offset()) - 8;
    is_framed_ ? CallAndLeave() : static_cast<void>(as_.jmp(x86::rax));
    return Finish(holder_, callee_offset);
  }

 private:
  static x86::Gp General(const ArgumentLocation& at) { return x86::gpq(at.location.reg().number); }
  static x86::Gp Sized(const x86::Gp& reg, uint32_t bytes) {
    if (bytes == 1) return reg.r8();
    if (bytes == 2) return reg.r16();
    return bytes == 4 ? x86::Gp(reg.r32()) : reg;
  }

  x86::Mem At(const ArgumentLocation& at, uint32_t bytes) const {
    const bool is_incoming = at.location.area() == StackArea::kIncoming;
    // A tail call writes above the return address.
    const uint32_t base = is_incoming || !is_framed_ ? frame_bytes_ + 8 : 0;
    return x86::ptr(
        x86::rsp,
        static_cast<int32_t>(base + convention_.shadow_bytes + at.location.offset_bytes()), bytes);
  }

  void Enter() {
    const uint32_t pushed = NeedsOutArray(result_) ? 8 : 0;
    if (pushed > 0) as_.push(x86::rbx);
    const uint32_t arguments = convention_.shadow_bytes + callee_.stack_bytes;
    frame_bytes_ = (arguments + pushed + 8 + 15) / 16 * 16 - 8;
    allocated_ = frame_bytes_ - pushed;
    if (allocated_ > 0) as_.sub(x86::rsp, allocated_);
  }

  void CallAndLeave() {
    as_.call(x86::rax);
    if (extends_result_) {
      Extend(x86::rax, Sized(x86::rax, Info(result_).size_bytes), Info(result_).is_signed);
    }
    if (NeedsOutArray(result_)) as_.mov(x86::qword_ptr(x86::rbx), x86::rax);
    if (allocated_ > 0) as_.add(x86::rsp, allocated_);
    if (NeedsOutArray(result_)) as_.pop(x86::rbx);
    as_.ret();
  }

  void LoadOutArray(const ArgumentLocation& from) {
    x86::Gp array = x86::rax;
    if (from.location.is_register()) {
      array = General(from);
    } else {
      as_.mov(array, At(from, 8));
    }
    as_.mov(x86::rbx, x86::qword_ptr(array, 8));
  }

  void Extend(const x86::Gp& to, const asmjit::Operand& from, bool is_signed) {
    as_.emit(is_signed ? x86::Inst::kIdMovsx : x86::Inst::kIdMovzx, to.r32(), from);
  }

  void MoveArgument(const ArgumentLocation& from, const ArgumentLocation& to) {
    if (IsFloat(to.type)) {
      MoveFloat(from, to);
    } else if (to.location.is_register()) {
      MoveInteger(from, to, General(to));
    } else {
      MoveInteger(from, to, x86::rax);
      as_.mov(At(to, to.container_bytes), Sized(x86::rax, to.container_bytes));
    }
  }

  void MoveInteger(const ArgumentLocation& from, const ArgumentLocation& to, const x86::Gp& reg) {
    const uint32_t size = Info(to.type).size_bytes;
    const uint32_t bytes = Extends(to) ? size : std::max(size, 4u);
    const asmjit::Operand source = from.location.is_register()
                                       ? asmjit::Operand(Sized(General(from), bytes))
                                       : asmjit::Operand(At(from, bytes));
    if (Extends(to)) {
      Extend(reg, source, Info(to.type).is_signed);
    } else if (to.type != NativeType::kBuffer) {
      as_.emit(x86::Inst::kIdMov, Sized(reg, bytes), source);
    } else if (from.location.is_register()) {
      as_.mov(reg, x86::qword_ptr(General(from), 8));
    } else {
      as_.mov(reg, At(from, 8));
      as_.mov(reg, x86::qword_ptr(reg, 8));
    }
  }

  void MoveFloat(const ArgumentLocation& from, const ArgumentLocation& to) {
    const uint32_t bytes = Info(to.type).size_bytes;
    if (from.location.is_register()) {
      if (from.location.reg() == to.location.reg()) return;
      as_.movaps(x86::xmm(to.location.reg().number), x86::xmm(from.location.reg().number));
      return;
    }
    const bool has_register = to.location.is_register();
    const bool is_in_place =
        !has_register && !is_framed_ && from.location.offset_bytes() == to.location.offset_bytes();
    if (is_in_place) return;
    // xmm8 belongs to the caller on Windows.
    const x86::Xmm through = has_register                   ? x86::xmm(to.location.reg().number)
                             : convention_.shadow_bytes > 0 ? x86::xmm4
                                                            : x86::xmm8;
    const auto move = bytes == 4 ? x86::Inst::kIdMovss : x86::Inst::kIdMovsd;
    as_.emit(move, through, At(from, bytes));
    if (!has_register) as_.emit(move, At(to, bytes), through);
  }

  asmjit::CodeHolder holder_;
  x86::Assembler as_;
  uint32_t allocated_ = 0;
};

class CorrectedA64 : public Corrected {
 public:
  CorrectedA64(const Signature& signature, Target target) : Corrected(signature, target) {
    holder_.init(asmjit::Environment(asmjit::Arch::kAArch64));
    holder_.attach(&as_);
  }

  Trampoline Compile() {
    const asmjit::Label callee = as_.newLabel();
    if (is_framed_) Enter();
    for (size_t i = 0; i < callee_.arguments.size(); ++i) {
      MoveArgument(caller_.arguments[i + 1], callee_.arguments[i]);
    }
    if (!is_receiver_overwritten()) as_.mov(a64::x0, a64::xzr);
    if (NeedsOutArray(result_)) LoadData(caller_.arguments.back(), a64::x19);
    as_.ldr(a64::x16, a64::ptr(callee));
    is_framed_ ? CallAndLeave() : static_cast<void>(as_.br(a64::x16));
    const auto callee_offset = static_cast<uint32_t>(as_.offset());
    const uint64_t zero = 0;
    as_.bind(callee);
    as_.embed(&zero, sizeof(zero));
    return Finish(holder_, callee_offset);
  }

 private:
  static constexpr uint32_t kMaxPairOffset = 504;

  static a64::Gp General(const ArgumentLocation& at) { return a64::x(at.location.reg().number); }
  static a64::Gp Sized(const a64::Gp& reg, uint32_t bytes) {
    return bytes == 8 ? a64::Gp(reg.x()) : a64::Gp(reg.w());
  }
  static a64::Mem AtSp(uint32_t offset) { return a64::ptr(a64::sp, static_cast<int32_t>(offset)); }

  a64::Mem At(const ArgumentLocation& at) const {
    const bool is_incoming = at.location.area() == StackArea::kIncoming;
    return AtSp((is_incoming ? frame_bytes_ : 0) + at.location.offset_bytes());
  }

  bool saves() const { return NeedsOutArray(result_); }
  // Defect A5: out of the pair's reach, it takes an instruction of its own.
  bool pushes_record() const { return frame_bytes_ == 16 || frame_bytes_ - 16 > kMaxPairOffset; }

  void Enter() {
    frame_bytes_ = (callee_.stack_bytes + 16 + (saves() ? 8 : 0) + 15) / 16 * 16;
    if (pushes_record()) {
      as_.stp(a64::x29, a64::x30, a64::ptr_pre(a64::sp, -16));
      as_.mov(a64::x29, a64::sp);
      if (frame_bytes_ > 16) as_.sub(a64::sp, a64::sp, frame_bytes_ - 16);
    } else {
      as_.sub(a64::sp, a64::sp, frame_bytes_);
      as_.stp(a64::x29, a64::x30, AtSp(frame_bytes_ - 16));
      as_.add(a64::x29, a64::sp, frame_bytes_ - 16);
    }
    if (saves()) as_.str(a64::x19, AtSp(frame_bytes_ - 24));
  }

  void CallAndLeave() {
    as_.blr(a64::x16);
    if (extends_result_) {
      ExtendRegister(a64::x0, a64::x0, Info(result_).size_bytes, Info(result_).is_signed);
    }
    if (saves()) {
      as_.str(a64::x0, a64::ptr(a64::x19));
      as_.ldr(a64::x19, AtSp(frame_bytes_ - 24));
    }
    if (pushes_record()) {
      if (frame_bytes_ > 16) as_.add(a64::sp, a64::sp, frame_bytes_ - 16);
      as_.ldp(a64::x29, a64::x30, a64::ptr_post(a64::sp, 16));
    } else {
      as_.ldp(a64::x29, a64::x30, AtSp(frame_bytes_ - 16));
      as_.add(a64::sp, a64::sp, frame_bytes_);
    }
    as_.ret(a64::x30);
  }

  void MoveArgument(const ArgumentLocation& from, const ArgumentLocation& to) {
    if (IsFloat(to.type)) {
      MoveFloat(from, to);
    } else if (to.location.is_register()) {
      MoveInteger(from, to, General(to));
    } else {
      MoveInteger(from, to, a64::x16);
      StoreInteger(to);
    }
  }

  void MoveInteger(const ArgumentLocation& from, const ArgumentLocation& to, const a64::Gp& reg) {
    const uint32_t size = Info(to.type).size_bytes;
    const bool is_signed = Info(to.type).is_signed;
    if (to.type == NativeType::kBuffer) {
      LoadData(from, reg);
    } else if (!Extends(to)) {
      if (from.location.is_register()) {
        as_.mov(Sized(reg, size), Sized(General(from), size));
      } else {
        as_.ldr(Sized(reg, size), At(from));
      }
    } else if (from.location.is_register()) {
      ExtendRegister(reg, General(from), size, is_signed);
    } else if (is_signed) {
      size == 1 ? as_.ldrsb(reg.w(), At(from)) : as_.ldrsh(reg.w(), At(from));
    } else {
      size == 1 ? as_.ldrb(reg.w(), At(from)) : as_.ldrh(reg.w(), At(from));
    }
  }

  void StoreInteger(const ArgumentLocation& to) {
    switch (to.container_bytes) {
      case 1:
        as_.strb(a64::w16, At(to));
        break;
      case 2:
        as_.strh(a64::w16, At(to));
        break;
      default:
        as_.str(Sized(a64::x16, to.container_bytes), At(to));
    }
  }

  void LoadData(const ArgumentLocation& from, const a64::Gp& to) {
    a64::Gp array = to;
    if (from.location.is_register()) {
      array = General(from);
    } else {
      as_.ldr(array, At(from));
    }
    as_.ldr(to, a64::ptr(array, 8));
  }

  void ExtendRegister(const a64::Gp& to, const a64::Gp& from, uint32_t bytes, bool is_signed) {
    if (!is_signed) {
      as_.and_(to.w(), from.w(), bytes == 1 ? 0xFF : 0xFFFF);
    } else {
      bytes == 1 ? as_.sxtb(to.w(), from.w()) : as_.sxth(to.w(), from.w());
    }
  }

  // Defects A1 to A2: every one whose place changes, from V8's slot to the callee's own.
  void MoveFloat(const ArgumentLocation& from, const ArgumentLocation& to) {
    const bool is_in_place =
        from.location.is_register() ||
        (!is_framed_ && from.location.offset_bytes() == to.location.offset_bytes());
    if (is_in_place) return;
    const a64::Vec through =
        Info(to.type).size_bytes == 4 ? a64::Vec(a64::s16) : a64::Vec(a64::d16);
    as_.ldr(through, At(from));
    as_.str(through, At(to));
  }

  asmjit::CodeHolder holder_;
  a64::Assembler as_;
};

}  // namespace

Trampoline CompileAsCorrectedReference(const Signature& signature, Target target) {
  if (Info(target).isa == Isa::kX64) return CorrectedX64(signature, target).Compile();
  return CorrectedA64(signature, target).Compile();
}

}  // namespace springboard
