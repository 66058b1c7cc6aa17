#include "tests/reference/reference_model.h"

#include <asmjit/arm/a64assembler.h>
#include <asmjit/x86.h>

#include <algorithm>
#include <array>

#include "compiler/fast_api.h"

namespace springboard {
namespace {

namespace a64 = asmjit::a64;
namespace x86 = asmjit::x86;

bool IsFloat(NativeType type) { return Info(type).type_class == TypeClass::kFloat; }
bool IsSigned(NativeType type) { return Info(type).is_signed; }
uint32_t Size(NativeType type) { return Info(type).size_bytes; }

// 8- and 16-bit integers, which the x64 targets cast when returned. Not bool.
bool IsCastResult(NativeType type) { return Info(type).is_narrow() && type != NativeType::kBool; }

uint32_t PaddingTo(uint32_t alignment, uint32_t size) {
  return (alignment - size % alignment) % alignment;
}

// What both x64 conventions have in common: the frame, the call and the result.
class X64Reference {
 public:
  X64Reference() {
    holder_.init(asmjit::Environment(asmjit::Arch::kX64));
    holder_.attach(&as_);
  }

  ReferenceCode Finish(NativeType result, const x86::Gp& receiver, bool receiver_overwritten,
                       const x86::Gp& out_array_register, bool out_array_on_stack) {
    if (!receiver_overwritten) as_.xor_(receiver, receiver);
    if (NeedsOutArray(result)) {
      x86::Gp array = out_array_register;
      if (out_array_on_stack) {
        array = x86::rax;
        as_.mov(array, At(trampoline_offset_));
      }
      as_.mov(x86::rbx, x86::qword_ptr(array, 8));
    }
    as_.movabs(x86::rax, asmjit::Imm(0));
    const auto callee_offset = static_cast<uint32_t>(as_.offset()) - 8;
    if (is_framed(result)) {
      as_.call(x86::rax);
      CastResult(result);
      if (NeedsOutArray(result)) as_.mov(x86::qword_ptr(x86::rbx), x86::rax);
      Adjust(/*down=*/false);
      if (NeedsOutArray(result)) as_.pop(x86::rbx);
      as_.ret();
    } else {
      as_.jmp(x86::rax);
    }
    const asmjit::CodeBuffer& buffer = holder_.textSection()->buffer();
    return {{buffer.begin(), buffer.end()},
            callee_offset,
            static_cast<uint32_t>(buffer.size()) + longer_bytes_};
  }

  static bool is_framed(NativeType result) { return NeedsOutArray(result) || IsCastResult(result); }

  void Enter(NativeType result, uint32_t argument_bytes) {
    uint32_t pushed = 0;
    if (NeedsOutArray(result)) {
      as_.push(x86::rbx);
      pushed = 8;
    }
    allocated_ = argument_bytes + PaddingTo(16, pushed + argument_bytes + 8);
    Adjust(/*down=*/true);
    trampoline_offset_ += pushed + allocated_;
    callee_offset_ -= 8;
  }

  // An operand of the stack, which the reference always wrote with 32 bits of displacement.
  x86::Mem At(uint32_t offset) {
    longer_bytes_ += offset == 0 ? 4 : (offset < 128 ? 3 : 0);
    return x86::ptr(x86::rsp, static_cast<int32_t>(offset));
  }
  x86::Mem At(uint32_t offset, uint32_t bytes) {
    x86::Mem operand = At(offset);
    operand.setSize(bytes);
    return operand;
  }

  void Extend(const x86::Gp& to, const asmjit::Operand& from, bool is_signed) {
    as_.emit(is_signed ? x86::Inst::kIdMovsx : x86::Inst::kIdMovzx, to.r32(), from);
  }

  // From V8's slot to the callee's, through rax.
  void CopyInteger(NativeType type, bool extends) {
    LoadInteger(type, x86::rax, extends);
    if (Size(type) == 8) {
      as_.mov(At(callee_offset_), x86::rax);
    } else {
      as_.mov(At(callee_offset_), x86::eax);
    }
    callee_offset_ += 8;
  }

  // From V8's slot to a register.
  void LoadInteger(NativeType type, const x86::Gp& to, bool extends) {
    if (extends && Info(type).is_narrow()) {
      Extend(to, At(trampoline_offset_, Size(type)), IsSigned(type));
    } else if (Size(type) == 8) {
      as_.mov(to, At(trampoline_offset_));
      if (type == NativeType::kBuffer) as_.mov(to, x86::qword_ptr(to, 8));
    } else {
      as_.mov(to.r32(), At(trampoline_offset_));
    }
    trampoline_offset_ += 8;
  }

  void MoveInteger(NativeType type, const x86::Gp& to, const x86::Gp& from, bool extends) {
    if (type == NativeType::kBuffer) {
      as_.mov(to, x86::qword_ptr(from, 8));
    } else if (extends && Info(type).is_narrow()) {
      Extend(to, Size(type) == 1 ? asmjit::Operand(from.r8()) : asmjit::Operand(from.r16()),
             IsSigned(type));
    } else if (Size(type) == 8) {
      as_.mov(to, from);
    } else {
      as_.mov(to.r32(), from.r32());
    }
  }

 protected:
  void CastResult(NativeType result) {
    if (!IsCastResult(result)) return;
    Extend(x86::rax, Size(result) == 1 ? asmjit::Operand(x86::al) : asmjit::Operand(x86::ax),
           IsSigned(result));
  }

  void Adjust(bool down) {
    if (allocated_ == 0) return;
    longer_bytes_ += allocated_ < 128 ? 3 : 0;
    if (down) {
      as_.sub(x86::rsp, allocated_);
    } else {
      as_.add(x86::rsp, allocated_);
    }
  }

  asmjit::CodeHolder holder_;
  x86::Assembler as_;
  uint32_t trampoline_offset_ = 0;
  uint32_t callee_offset_ = 0;
  uint32_t allocated_ = 0;
  uint32_t longer_bytes_ = 0;
};

class SystemVReference : public X64Reference {
 public:
  ReferenceCode Compile(const Signature& signature) {
    trampoline_offset_ = 8;
    callee_offset_ = 8;
    if (is_framed(signature.result())) Enter(signature.result(), ArgumentBytes(signature));
    for (const NativeType type : signature.parameters()) {
      if (IsFloat(type)) {
        MoveFloat(type);
      } else {
        MoveAnyInteger(type);
      }
    }
    const bool out_on_stack = integers_ >= 5;
    return Finish(signature.result(), x86::edi, integers_ > 0,
                  out_on_stack ? x86::rax : Registers()[integers_ + 1], out_on_stack);
  }

 private:
  static const std::array<x86::Gp, 6>& Registers() {
    static const std::array<x86::Gp, 6> registers = {x86::rdi, x86::rsi, x86::rdx,
                                                     x86::rcx, x86::r8,  x86::r9};
    return registers;
  }

  static uint32_t ArgumentBytes(const Signature& signature) {
    uint32_t integers = 0;
    uint32_t floats = 0;
    for (const NativeType type : signature.parameters()) ++(IsFloat(type) ? floats : integers);
    return 8 * ((integers > 6 ? integers - 6 : 0) + (floats > 8 ? floats - 8 : 0));
  }

  // Left alone, and not even counted, where the stack "has not moved": defect S1.
  void MoveFloat(NativeType type) {
    const bool moved = allocated_ > 0 || integers_ >= 6;
    if (floats_++ < 8 || !moved) return;
    if (type == NativeType::kF32) {
      as_.movss(x86::xmm8, At(trampoline_offset_));
      as_.movss(At(callee_offset_), x86::xmm8);
    } else {
      as_.movsd(x86::xmm8, At(trampoline_offset_));
      as_.movsd(At(callee_offset_), x86::xmm8);
    }
    trampoline_offset_ += 8;
    callee_offset_ += 8;
  }

  void MoveAnyInteger(NativeType type) {
    const uint32_t index = integers_++;
    if (index < 5) {
      MoveInteger(type, Registers()[index], Registers()[index + 1], /*extends=*/true);
    } else if (index == 5) {
      LoadInteger(type, x86::r9, /*extends=*/true);
    } else {
      CopyInteger(type, /*extends=*/true);
    }
  }

  uint32_t integers_ = 0;
  uint32_t floats_ = 0;
};

class WindowsReference : public X64Reference {
 public:
  ReferenceCode Compile(const Signature& signature) {
    const auto count = static_cast<uint32_t>(signature.parameters().size());
    trampoline_offset_ = 8 + 32;
    callee_offset_ = 8 + 32;
    if (is_framed(signature.result())) Enter(signature.result(), 8 * std::max(count, 4u));
    for (uint32_t i = 0; i < count; ++i) MoveLeft(signature.parameters()[i], i);
    const bool out_on_stack = count >= 3;
    return Finish(signature.result(), x86::ecx, count > 0,
                  out_on_stack ? x86::rax : Registers()[count + 1], out_on_stack);
  }

 private:
  static const std::array<x86::Gp, 4>& Registers() {
    static const std::array<x86::Gp, 4> registers = {x86::rcx, x86::rdx, x86::r8, x86::r9};
    return registers;
  }

  void MoveLeft(NativeType type, uint32_t index) {
    if (IsFloat(type)) {
      MoveFloat(index);
    } else if (index < 3) {
      MoveInteger(type, Registers()[index], Registers()[index + 1], /*extends=*/false);
    } else if (index == 3) {
      LoadInteger(type, x86::r9, /*extends=*/false);
    } else {
      CopyInteger(type, /*extends=*/false);
    }
  }

  // Sixteen bytes from stack to stack, whatever follows: defects W1, W2 and W3.
  void MoveFloat(uint32_t index) {
    if (index < 3) {
      as_.movaps(x86::xmm(index), x86::xmm(index + 1));
      if (index == 0) as_.xor_(x86::ecx, x86::ecx);
      return;
    }
    if (index == 3) {
      as_.movaps(x86::xmm3, At(trampoline_offset_));
    } else {
      as_.movups(x86::xmm4, At(trampoline_offset_));
      as_.movups(At(callee_offset_), x86::xmm4);
      callee_offset_ += 8;
    }
    trampoline_offset_ += 8;
  }
};

class AppleReference {
 public:
  AppleReference() {
    holder_.init(asmjit::Environment(asmjit::Arch::kAArch64));
    holder_.attach(&as_);
  }

  ReferenceCode Compile(const Signature& signature) {
    const bool framed = NeedsOutArray(signature.result());
    if (framed) Enter(signature);
    for (const NativeType type : signature.parameters()) {
      if (IsFloat(type)) {
        MoveFloat(type);
      } else {
        MoveInteger(type);
      }
    }
    if (integers_ == 0) as_.mov(a64::x0, a64::xzr);
    if (framed) LoadOutArray();
    const asmjit::Label callee = as_.newLabel();
    as_.ldr(a64::x8, a64::ptr(callee));
    if (framed) {
      as_.blr(a64::x8);
      Leave();
    } else {
      as_.br(a64::x8);
    }
    const auto callee_offset = static_cast<uint32_t>(as_.offset());
    const uint64_t zero = 0;
    as_.bind(callee);
    as_.embed(&zero, sizeof(zero));
    const asmjit::CodeBuffer& buffer = holder_.textSection()->buffer();
    // movz and two movk in place of ldr and the literal.
    return {{buffer.begin(), buffer.end()}, callee_offset, static_cast<uint32_t>(buffer.size())};
  }

 private:
  // An offset that stp and ldp cannot hold loses its upper bits: defect A5.
  static int32_t PairOffset(uint32_t offset) {
    const auto scaled = static_cast<int32_t>(offset / 8 & 0x7F);
    return 8 * (scaled >= 64 ? scaled - 128 : scaled);
  }

  static a64::Mem AtSp(uint32_t offset) { return a64::ptr(a64::sp, static_cast<int32_t>(offset)); }

  // Without the padding between arguments: defect A4.
  void Enter(const Signature& signature) {
    uint32_t integers = 0;
    uint32_t floats = 0;
    for (const NativeType type : signature.parameters()) {
      uint32_t& count = IsFloat(type) ? floats : integers;
      if (++count > 8) allocated_ += Size(type);
    }
    allocated_ += 16 + 8;
    allocated_ += PaddingTo(16, allocated_);
    trampoline_offset_ = allocated_;
    as_.sub(a64::sp, a64::sp, allocated_);
    as_.stp(a64::x29, a64::x30, a64::ptr(a64::sp, PairOffset(allocated_ - 16)));
    as_.add(a64::x29, a64::sp, allocated_ - 16);
    as_.str(a64::x19, AtSp(allocated_ - 24));
  }

  void Leave() {
    as_.str(a64::x0, a64::ptr(a64::x19));
    as_.ldr(a64::x19, AtSp(allocated_ - 24));
    as_.ldp(a64::x29, a64::x30, a64::ptr(a64::sp, PairOffset(allocated_ - 16)));
    as_.add(a64::sp, a64::sp, allocated_);
    as_.ret(a64::x30);
  }

  void LoadOutArray() {
    if (integers_ < 7) {
      as_.ldr(a64::x19, a64::ptr(a64::x(integers_ + 1), 8));
      return;
    }
    // dynasm scales and cuts off: an offset that is no multiple of 8 reads the slot below it.
    as_.ldr(a64::x19, AtSp(trampoline_offset_ / 8 * 8));
    as_.ldr(a64::x19, a64::ptr(a64::x19, 8));
  }

  // V8's slots are taken for packed ones (A1), and nothing moves before the eighth integer (A1b,
  // A2).
  void MoveFloat(NativeType type) {
    if (floats_++ < 8) return;
    const uint32_t size = Size(type);
    trampoline_offset_ += PaddingTo(size, trampoline_offset_);
    callee_offset_ += PaddingTo(size, callee_offset_);
    if (integers_ >= 8) {
      const a64::Vec through = size == 4 ? a64::Vec(a64::s16) : a64::Vec(a64::d16);
      as_.ldr(through, AtSp(trampoline_offset_));
      as_.str(through, AtSp(callee_offset_));
    }
    trampoline_offset_ += size;
    callee_offset_ += size;
  }

  void MoveInteger(NativeType type) {
    const uint32_t index = integers_++;
    if (index < 7) {
      MoveRegister(type, a64::x(index), a64::x(index + 1));
    } else if (index == 7) {
      LoadEighth(type);
    } else {
      CopyInteger(type);
    }
  }

  void MoveRegister(NativeType type, const a64::Gp& to, const a64::Gp& from) {
    if (type == NativeType::kBuffer) {
      as_.ldr(to, a64::ptr(from, 8));
    } else if (Size(type) == 8) {
      as_.mov(to, from);
    } else if (Size(type) == 4) {
      as_.mov(to.w(), from.w());
    } else if (!IsSigned(type)) {
      as_.and_(to.w(), from.w(), Size(type) == 1 ? 0xFF : 0xFFFF);
    } else if (Size(type) == 1) {
      as_.sxtb(to.w(), from.w());
    } else {
      as_.sxth(to.w(), from.w());
    }
  }

  // Advances by the type's size, where V8 advances by 8: defect A3.
  void LoadEighth(NativeType type) {
    const a64::Mem from = AtSp(trampoline_offset_);
    const bool is_signed = IsSigned(type);
    switch (Size(type)) {
      case 1:
        is_signed ? as_.ldrsb(a64::w7, from) : as_.ldrb(a64::w7, from);
        break;
      case 2:
        is_signed ? as_.ldrsh(a64::w7, from) : as_.ldrh(a64::w7, from);
        break;
      case 4:
        as_.ldr(a64::w7, from);
        break;
      default:
        as_.ldr(a64::x7, from);
        if (type == NativeType::kBuffer) as_.ldr(a64::x7, a64::ptr(a64::x7, 8));
    }
    trampoline_offset_ += std::max(Size(type), 4u);
  }

  void CopyInteger(NativeType type) {
    const uint32_t size = Size(type);
    trampoline_offset_ += PaddingTo(8, trampoline_offset_);
    callee_offset_ += PaddingTo(size, callee_offset_);
    const a64::Mem from = AtSp(trampoline_offset_);
    const a64::Mem to = AtSp(callee_offset_);
    if (size == 8) {
      as_.ldr(a64::x8, from);
      if (type == NativeType::kBuffer) as_.ldr(a64::x8, a64::ptr(a64::x8, 8));
      as_.str(a64::x8, to);
    } else {
      as_.ldr(a64::w8, from);
      if (size == 1) as_.strb(a64::w8, to);
      if (size == 2) as_.strh(a64::w8, to);
      if (size == 4) as_.str(a64::w8, to);
    }
    trampoline_offset_ += 8;
    callee_offset_ += size;
  }

  asmjit::CodeHolder holder_;
  a64::Assembler as_;
  uint32_t integers_ = 0;
  uint32_t floats_ = 0;
  uint32_t trampoline_offset_ = 0;
  uint32_t callee_offset_ = 0;
  uint32_t allocated_ = 0;
};

}  // namespace

ReferenceCode CompileAsReference(const Signature& signature, Target target) {
  if (target == Target::kX64SystemV) return SystemVReference().Compile(signature);
  if (target == Target::kX64Windows) return WindowsReference().Compile(signature);
  return AppleReference().Compile(signature);
}

}  // namespace springboard
