#include "tests/bench/raw_asmjit.h"

#include <asmjit/arm/a64assembler.h>
#include <asmjit/x86.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "client/verifier/instruction.h"

namespace springboard {
namespace {

using asmjit::Imm;
using asmjit::Label;
using asmjit::Operand;
namespace a64 = asmjit::a64;
namespace x86 = asmjit::x86;
using verifier::Instruction;
using verifier::kFirstVector;
using verifier::kStackBase;
using verifier::Operation;
using verifier::RegisterId;

constexpr size_t kSlotBytes = 8;
constexpr RegisterId kRecordRegisters[] = {29, 30};

// An instruction as asmjit's emit() takes it.
struct Emitted {
  asmjit::InstId id;
  uint8_t count;
  std::array<Operand, 3> operands;
};

template <typename... Operands>
Emitted Make(asmjit::InstId id, const Operands&... operands) {
  return {id, static_cast<uint8_t>(sizeof...(operands)), {operands...}};
}

bool IsVector(RegisterId reg) { return reg >= kFirstVector && reg != kStackBase; }

struct X64 {
  using Assembler = x86::Assembler;
  static constexpr asmjit::Arch kArch = asmjit::Arch::kX64;
  static constexpr size_t kBytesBehindCode = 0;

  static Operand Reg(RegisterId reg, uint8_t bytes) {
    if (IsVector(reg)) return x86::xmm(static_cast<uint32_t>(reg - kFirstVector));
    const x86::Gp whole = x86::gpq(reg);
    if (bytes == 1) return whole.r8();
    if (bytes == 2) return whole.r16();
    if (bytes == 4) return whole.r32();
    return whole;
  }
  static Operand Memory(const Instruction& in) {
    const x86::Gp base = in.base == kStackBase ? x86::rsp : x86::gpq(in.base);
    return x86::ptr(base, in.displacement, in.bytes);
  }
  static asmjit::InstId Move(RegisterId reg, uint8_t bytes) {
    if (!IsVector(reg)) return x86::Inst::kIdMov;
    return bytes == 4 ? x86::Inst::kIdMovss : x86::Inst::kIdMovsd;
  }
  static asmjit::InstId Extend(bool is_signed) {
    return is_signed ? x86::Inst::kIdMovsx : x86::Inst::kIdMovzx;
  }

  static std::optional<Instruction> Decode(absl::Span<const uint8_t> code, size_t offset) {
    return verifier::DecodeX64(code, offset);
  }

  static std::optional<Emitted> ToEmitted(const Instruction& in, const Label& /*begin*/) {
    switch (in.operation) {
      case Operation::kCopy:
        return Make(x86::Inst::kIdMov, Reg(in.reg, in.bytes), Reg(in.source, in.bytes));
      case Operation::kExtend:
        if (in.size_bytes == 1) return Make(x86::Inst::kIdCwde, x86::eax);
        return Make(Extend(in.is_signed), Reg(in.reg, 4), Reg(in.source, in.bytes));
      case Operation::kClear:
        return Make(x86::Inst::kIdXor, Reg(in.reg, 4), Reg(in.reg, 4));
      case Operation::kLoad:
        return Make(Move(in.reg, in.bytes), Reg(in.reg, in.bytes), Memory(in));
      case Operation::kLoadExtend:
        return Make(Extend(in.is_signed), Reg(in.reg, 4), Memory(in));
      case Operation::kStore:
        return Make(Move(in.source, in.bytes), Memory(in), Reg(in.source, in.bytes));
      case Operation::kCopyVector:
        return Make(x86::Inst::kIdMovaps, Reg(in.reg, 8), Reg(in.source, 8));
      case Operation::kMoveStack:
        return Make(in.displacement < 0 ? x86::Inst::kIdSub : x86::Inst::kIdAdd, x86::rsp,
                    Imm(in.displacement < 0 ? -in.displacement : in.displacement));
      case Operation::kPush:
        return Make(x86::Inst::kIdPush, Reg(in.source, 8));
      case Operation::kPushLoaded:
        return Make(x86::Inst::kIdPush, Memory(in));
      case Operation::kPop:
        return Make(x86::Inst::kIdPop, Reg(in.reg, 8));
      case Operation::kLoadCallee:
        return Make(x86::Inst::kIdMovabs, Reg(in.reg, 8), Imm(0));
      case Operation::kCall:
        return Make(x86::Inst::kIdCall, Reg(in.source, 8));
      case Operation::kJump:
        return Make(x86::Inst::kIdJmp, Reg(in.source, 8));
      case Operation::kReturn:
        return Make(x86::Inst::kIdRet);
      default:
        return std::nullopt;
    }
  }
};

struct A64 {
  using Assembler = a64::Assembler;
  static constexpr asmjit::Arch kArch = asmjit::Arch::kAArch64;
  static constexpr size_t kBytesBehindCode = kSlotBytes;

  static Operand Reg(RegisterId reg, uint8_t bytes) {
    if (IsVector(reg)) {
      const auto number = static_cast<uint32_t>(reg - kFirstVector);
      if (bytes == 4) return a64::s(number);
      return a64::d(number);
    }
    return bytes == 8 ? a64::Gp(a64::x(reg)) : a64::Gp(a64::w(reg));
  }
  static Operand Memory(const Instruction& in) {
    const a64::Gp base = in.base == kStackBase ? a64::Gp(a64::sp) : a64::x(in.base);
    return a64::ptr(base, in.displacement);
  }
  static Emitted Pair(asmjit::InstId id, const Instruction& in) {
    return Make(id, Reg(in.reg, in.bytes), Reg(in.second, in.bytes),
                a64::ptr(a64::sp, in.displacement));
  }
  static Emitted Record(asmjit::InstId id, const Operand& memory) {
    return Make(id, Reg(kRecordRegisters[0], 8), Reg(kRecordRegisters[1], 8), memory);
  }
  static asmjit::InstId ExtendingLoad(const Instruction& in) {
    if (in.is_signed) return in.bytes == 1 ? a64::Inst::kIdLdrsb : a64::Inst::kIdLdrsh;
    return in.bytes == 1 ? a64::Inst::kIdLdrb : a64::Inst::kIdLdrh;
  }
  static asmjit::InstId StoreOf(const Instruction& in) {
    if (in.bytes >= 4) return IsVector(in.source) ? a64::Inst::kIdStr_v : a64::Inst::kIdStr;
    return in.bytes == 1 ? a64::Inst::kIdStrb : a64::Inst::kIdStrh;
  }

  static std::optional<Instruction> Decode(absl::Span<const uint8_t> code, size_t offset) {
    return verifier::DecodeA64(code, offset);
  }

  static std::optional<Emitted> ToEmitted(const Instruction& in, const Label& begin) {
    const uint8_t width = in.bytes == 8 ? 8 : 4;
    switch (in.operation) {
      case Operation::kCopy:
        return Make(a64::Inst::kIdMov, Reg(in.reg, width), Reg(in.source, width));
      case Operation::kExtend:
        if (!in.is_signed) {
          return Make(a64::Inst::kIdAnd, Reg(in.reg, 4), Reg(in.source, 4),
                      Imm(in.bytes == 1 ? 0xFF : 0xFFFF));
        }
        return Make(in.bytes == 1 ? a64::Inst::kIdSxtb : a64::Inst::kIdSxth, Reg(in.reg, 4),
                    Reg(in.source, 4));
      case Operation::kClear:
        return Make(a64::Inst::kIdMov, Reg(in.reg, 8), a64::xzr);
      case Operation::kLoad:
        return Make(IsVector(in.reg) ? a64::Inst::kIdLdr_v : a64::Inst::kIdLdr,
                    Reg(in.reg, in.bytes), Memory(in));
      case Operation::kLoadExtend:
        return Make(ExtendingLoad(in), Reg(in.reg, 4), Memory(in));
      case Operation::kStore:
        return Make(StoreOf(in), Reg(in.source, IsVector(in.source) ? in.bytes : width),
                    Memory(in));
      case Operation::kCopyVector:
        return Make(a64::Inst::kIdFmov_v, Reg(in.reg, 8), Reg(in.source, 8));
      case Operation::kMoveStack:
        return Make(in.displacement < 0 ? a64::Inst::kIdSub : a64::Inst::kIdAdd, a64::sp, a64::sp,
                    Imm(in.displacement < 0 ? -in.displacement : in.displacement));
      case Operation::kLoadPair:
        return Pair(a64::Inst::kIdLdp, in);
      case Operation::kStorePair:
        return Pair(a64::Inst::kIdStp, in);
      case Operation::kPushRecord:
        return Record(a64::Inst::kIdStp, a64::ptr_pre(a64::sp, in.displacement));
      case Operation::kPopRecord:
        return Record(a64::Inst::kIdLdp, a64::ptr_post(a64::sp, in.displacement));
      case Operation::kStoreRecord:
        return Record(a64::Inst::kIdStp, a64::ptr(a64::sp, in.displacement));
      case Operation::kLoadRecord:
        return Record(a64::Inst::kIdLdp, a64::ptr(a64::sp, in.displacement));
      case Operation::kStackAddress:
        if (in.displacement == 0) return Make(a64::Inst::kIdMov, Reg(in.reg, 8), a64::sp);
        return Make(a64::Inst::kIdAdd, Reg(in.reg, 8), a64::sp, Imm(in.displacement));
      case Operation::kLoadCallee:
        return Make(a64::Inst::kIdLdr, Reg(in.reg, 8), a64::ptr(begin, in.displacement));
      case Operation::kCall:
        return Make(a64::Inst::kIdBlr, Reg(in.source, 8));
      case Operation::kJump:
        return Make(a64::Inst::kIdBr, Reg(in.source, 8));
      case Operation::kReturn:
        return Make(a64::Inst::kIdRet, Reg(in.source, 8));
      default:
        return std::nullopt;
    }
  }
};

template <typename Isa>
class Replay final : public RawAsmjit {
 public:
  Replay() : environment_(Isa::kArch) { Reset(); }

  // False if the code has an instruction that no trampoline has.
  bool Read(absl::Span<const uint8_t> code) {
    for (size_t offset = 0; offset < code.size() - Isa::kBytesBehindCode;) {
      const std::optional<Instruction> instruction = Isa::Decode(code, offset);
      if (!instruction.has_value()) return false;
      const std::optional<Emitted> emitted = Isa::ToEmitted(*instruction, begin_);
      if (!emitted.has_value()) return false;
      instructions_.push_back(*emitted);
      offset += instruction->size_bytes;
    }
    return true;
  }

  absl::Span<const uint8_t> Assemble(Reuse reuse) override {
    if (reuse == Reuse::kReset) {
      Reset();
    } else {
      assembler_.setOffset(0);
    }
    for (const Emitted& instruction : instructions_) {
      if (Emit(instruction) != asmjit::kErrorOk) return {};
    }
    if (Isa::kBytesBehindCode > 0) {
      const uint64_t zero = 0;
      assembler_.embed(&zero, sizeof(zero));
    }
    return {holder_.textSection()->buffer().data(), assembler_.offset()};
  }

 private:
  void Reset() {
    holder_.reset(asmjit::ResetPolicy::kSoft);
    holder_.init(environment_);
    holder_.attach(&assembler_);
    // It has the same number each time.
    if (Isa::kBytesBehindCode > 0) {
      begin_ = assembler_.newLabel();
      assembler_.bind(begin_);
    }
  }

  asmjit::Error Emit(const Emitted& in) {
    switch (in.count) {
      case 0:
        return assembler_.emit(in.id);
      case 1:
        return assembler_.emit(in.id, in.operands[0]);
      case 2:
        return assembler_.emit(in.id, in.operands[0], in.operands[1]);
      default:
        return assembler_.emit(in.id, in.operands[0], in.operands[1], in.operands[2]);
    }
  }

  const asmjit::Environment environment_;
  asmjit::CodeHolder holder_;
  typename Isa::Assembler assembler_;
  Label begin_;
  std::vector<Emitted> instructions_;
};

template <typename Isa>
absl::StatusOr<std::unique_ptr<RawAsmjit>> MakeReplay(const Trampoline& trampoline) {
  auto replay = std::make_unique<Replay<Isa>>();
  if (!replay->Read(trampoline.code)) return absl::InternalError("code that is none");
  for (const RawAsmjit::Reuse reuse : {RawAsmjit::Reuse::kReset, RawAsmjit::Reuse::kRewind}) {
    const absl::Span<const uint8_t> bytes = replay->Assemble(reuse);
    if (!std::equal(bytes.begin(), bytes.end(), trampoline.code.begin(), trampoline.code.end())) {
      return absl::InternalError("asmjit makes other bytes of the same instructions");
    }
  }
  return std::unique_ptr<RawAsmjit>(std::move(replay));
}

}  // namespace

absl::StatusOr<std::unique_ptr<RawAsmjit>> MakeRawAsmjit(const Trampoline& trampoline) {
  return Info(trampoline.target).isa == Isa::kX64 ? MakeReplay<X64>(trampoline)
                                                  : MakeReplay<A64>(trampoline);
}

}  // namespace springboard
