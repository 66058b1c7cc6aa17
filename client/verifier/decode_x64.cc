#include "client/verifier/instruction.h"

// Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2: 2.1 for prefixes, ModRM
// and SIB, chapters 3 to 5 for the opcodes.

namespace springboard::verifier {
namespace {

constexpr uint8_t kSibRsp = 0x24;  // Base rsp, no index.

// Reads a code's bytes one by one; every read behind the end fails for good.
class Reader {
 public:
  Reader(absl::Span<const uint8_t> code, size_t offset)
      : code_(code), begin_(offset), next_(offset) {}

  uint8_t Peek() const { return next_ < code_.size() ? code_[next_] : 0; }

  uint8_t Take() {
    if (next_ < code_.size()) return code_[next_++];
    ok_ = false;
    return 0;
  }

  int32_t TakeInt32() {
    uint32_t value = 0;
    for (int shift = 0; shift < 32; shift += 8) value |= uint32_t{Take()} << shift;
    return static_cast<int32_t>(value);
  }

  bool ok() const { return ok_; }
  size_t next() const { return next_; }
  uint8_t size_bytes() const { return static_cast<uint8_t>(next_ - begin_); }

 private:
  absl::Span<const uint8_t> code_;
  size_t begin_;
  size_t next_;
  bool ok_ = true;
};

struct Prefixes {
  uint8_t mandatory = 0;  // F2, F3 or none.
  bool has_rex = false;
  bool w = false;
  bool r = false;
  bool b = false;
};

// A register, or memory at a base and a displacement.
struct Operand {
  bool is_register;
  RegisterId reg;  // Or the base.
  int32_t displacement;
};

struct ModRm {
  uint8_t reg;  // With REX.R.
  Operand operand;
};

constexpr RegisterId Vector(uint8_t number) {
  return static_cast<RegisterId>(kFirstVector + number);
}

// Nothing for forms that trampolines do not use: an index, an address relative to rip or without
// a base.
std::optional<ModRm> TakeModRm(Reader& reader, const Prefixes& prefixes) {
  const uint8_t byte = reader.Take();
  const uint8_t mode = byte >> 6;
  const uint8_t low = byte & 7;
  ModRm result;
  result.reg = static_cast<uint8_t>((byte >> 3 & 7) | (prefixes.r ? 8 : 0));
  result.operand = {mode == 3, static_cast<RegisterId>(low | (prefixes.b ? 8 : 0)), 0};
  if (mode == 3) return result;
  if (low == 4) {
    if (reader.Take() != kSibRsp || prefixes.b) return std::nullopt;
    result.operand.reg = kStackBase;
  }
  if (mode == 0 && low == 5) return std::nullopt;
  if (mode == 1) result.operand.displacement = static_cast<int8_t>(reader.Take());
  if (mode == 2) result.operand.displacement = reader.TakeInt32();
  return result;
}

Instruction Make(Operation operation) {
  Instruction instruction;
  instruction.operation = operation;
  return instruction;
}

// The destination is a general register that is not rsp, which only kMoveStack and its like move.
bool MayWrite(const Instruction& instruction) { return instruction.reg != kRsp; }

// MOV between registers, and between a register and memory (88, 89, 8B).
std::optional<Instruction> DecodeMov(Reader& reader, const Prefixes& prefixes, bool to_register) {
  const std::optional<ModRm> modrm = TakeModRm(reader, prefixes);
  if (!modrm.has_value()) return std::nullopt;
  Instruction instruction = Make(Operation::kCopy);
  instruction.bytes = prefixes.w ? 8 : 4;
  const Operand& operand = modrm->operand;
  if (operand.is_register) {
    instruction.reg = to_register ? modrm->reg : operand.reg;
    instruction.source = to_register ? operand.reg : modrm->reg;
    if (!MayWrite(instruction) || instruction.source == kRsp) return std::nullopt;
    return instruction;
  }
  instruction.operation = to_register ? Operation::kLoad : Operation::kStore;
  (to_register ? instruction.reg : instruction.source) = modrm->reg;
  instruction.base = operand.reg;
  instruction.displacement = operand.displacement;
  if (modrm->reg == kRsp) return std::nullopt;
  return instruction;
}

// MOVZX and MOVSX to 32 bits (0F B6, B7, BE, BF).
std::optional<Instruction> DecodeExtend(Reader& reader, const Prefixes& prefixes, uint8_t opcode) {
  if (prefixes.w) return std::nullopt;
  const std::optional<ModRm> modrm = TakeModRm(reader, prefixes);
  if (!modrm.has_value()) return std::nullopt;
  Instruction instruction = Make(Operation::kExtend);
  instruction.bytes = (opcode & 1) != 0 ? 2 : 1;
  instruction.is_signed = opcode >= 0xBE;
  instruction.reg = modrm->reg;
  if (!MayWrite(instruction)) return std::nullopt;
  if (modrm->operand.is_register) {
    instruction.source = modrm->operand.reg;
    // Without REX, byte registers 4 to 7 are ah, ch, dh and bh.
    const bool is_high_byte =
        instruction.bytes == 1 && !prefixes.has_rex && instruction.source >= 4;
    if (is_high_byte || instruction.source == kRsp) return std::nullopt;
    return instruction;
  }
  instruction.operation = Operation::kLoadExtend;
  instruction.base = modrm->operand.reg;
  instruction.displacement = modrm->operand.displacement;
  return instruction;
}

// MOVSS and MOVSD between a vector register and memory (F3 or F2, 0F 10 or 11).
std::optional<Instruction> DecodeFloat(Reader& reader, const Prefixes& prefixes, bool is_store) {
  if (prefixes.w) return std::nullopt;
  const std::optional<ModRm> modrm = TakeModRm(reader, prefixes);
  if (!modrm.has_value() || modrm->operand.is_register) return std::nullopt;
  Instruction instruction = Make(is_store ? Operation::kStore : Operation::kLoad);
  instruction.bytes = prefixes.mandatory == 0xF3 ? 4 : 8;
  (is_store ? instruction.source : instruction.reg) = Vector(modrm->reg);
  instruction.base = modrm->operand.reg;
  instruction.displacement = modrm->operand.displacement;
  return instruction;
}

std::optional<Instruction> DecodeTwoByteOpcode(Reader& reader, const Prefixes& prefixes) {
  const uint8_t opcode = reader.Take();
  if (prefixes.mandatory != 0) {
    if (opcode != 0x10 && opcode != 0x11) return std::nullopt;
    return DecodeFloat(reader, prefixes, opcode == 0x11);
  }
  switch (opcode) {
    case 0xB6:
    case 0xB7:
    case 0xBE:
    case 0xBF:
      return DecodeExtend(reader, prefixes, opcode);
    case 0x28: {  // MOVAPS between registers
      const std::optional<ModRm> modrm = TakeModRm(reader, prefixes);
      if (prefixes.w || !modrm.has_value() || !modrm->operand.is_register) return std::nullopt;
      Instruction instruction = Make(Operation::kCopyVector);
      instruction.reg = Vector(modrm->reg);
      instruction.source = Vector(modrm->operand.reg);
      return instruction;
    }
    default:
      return std::nullopt;
  }
}

// ADD and SUB of an immediate and rsp (81 and 83, /0 and /5).
std::optional<Instruction> DecodeStackArithmetic(Reader& reader, const Prefixes& prefixes,
                                                 bool is_short) {
  const uint8_t modrm = reader.Take();
  if (!prefixes.w || prefixes.r || prefixes.b) return std::nullopt;
  if (modrm != 0xC4 && modrm != 0xEC) return std::nullopt;
  const int32_t immediate = is_short ? static_cast<int8_t>(reader.Take()) : reader.TakeInt32();
  if (immediate < 0) return std::nullopt;
  Instruction instruction = Make(Operation::kMoveStack);
  instruction.displacement = modrm == 0xEC ? -immediate : immediate;
  return instruction;
}

// CALL and JMP through a register (FF /2 and /4).
std::optional<Instruction> DecodeIndirect(Reader& reader, const Prefixes& prefixes) {
  const std::optional<ModRm> modrm = TakeModRm(reader, prefixes);
  if (!modrm.has_value() || !modrm->operand.is_register || prefixes.w) return std::nullopt;
  if (modrm->reg != 2 && modrm->reg != 4) return std::nullopt;
  Instruction instruction = Make(modrm->reg == 2 ? Operation::kCall : Operation::kJump);
  instruction.source = modrm->operand.reg;
  return instruction;
}

// XOR of a register with itself, of 32 bits (31).
std::optional<Instruction> DecodeClear(Reader& reader, const Prefixes& prefixes) {
  const std::optional<ModRm> modrm = TakeModRm(reader, prefixes);
  if (!modrm.has_value() || !modrm->operand.is_register || prefixes.w) return std::nullopt;
  if (modrm->reg != modrm->operand.reg || modrm->reg == kRsp) return std::nullopt;
  Instruction instruction = Make(Operation::kClear);
  instruction.reg = modrm->reg;
  return instruction;
}

std::optional<Instruction> DecodeOpcode(Reader& reader, const Prefixes& prefixes) {
  const uint8_t opcode = reader.Take();
  if (opcode == 0x0F) return DecodeTwoByteOpcode(reader, prefixes);
  if (prefixes.mandatory != 0) return std::nullopt;
  const auto low_register = static_cast<RegisterId>((opcode & 7) | (prefixes.b ? 8 : 0));
  switch (opcode & 0xF8) {
    case 0x50:
    case 0x58: {  // PUSH and POP
      if (prefixes.w || prefixes.r || low_register == kRsp) return std::nullopt;
      const bool is_push = (opcode & 0xF8) == 0x50;
      Instruction instruction = Make(is_push ? Operation::kPush : Operation::kPop);
      (is_push ? instruction.source : instruction.reg) = low_register;
      return instruction;
    }
    case 0xB8: {  // MOV of 8 immediate bytes, which only the callee's address takes
      if (!prefixes.w || prefixes.r || low_register == kRsp) return std::nullopt;
      Instruction instruction = Make(Operation::kLoadCallee);
      instruction.reg = low_register;
      instruction.displacement = static_cast<int32_t>(reader.next());
      for (int i = 0; i < 8; ++i) reader.Take();
      return instruction;
    }
    default:
      break;
  }
  switch (opcode) {
    case 0x31:
      return DecodeClear(reader, prefixes);
    case 0x89:
      return DecodeMov(reader, prefixes, /*to_register=*/false);
    case 0x8B:
      return DecodeMov(reader, prefixes, /*to_register=*/true);
    case 0x81:
      return DecodeStackArithmetic(reader, prefixes, /*is_short=*/false);
    case 0x83:
      return DecodeStackArithmetic(reader, prefixes, /*is_short=*/true);
    case 0xFF:
      return DecodeIndirect(reader, prefixes);
    case 0xC3:
      if (prefixes.has_rex) return std::nullopt;
      return Make(Operation::kReturn);
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<Instruction> DecodeX64(absl::Span<const uint8_t> code, size_t offset) {
  Reader reader(code, offset);
  Prefixes prefixes;
  if (reader.Peek() == 0xF2 || reader.Peek() == 0xF3) prefixes.mandatory = reader.Take();
  if ((reader.Peek() & 0xF0) == 0x40) {
    const uint8_t rex = reader.Take();
    prefixes.has_rex = true;
    prefixes.w = (rex & 8) != 0;
    prefixes.r = (rex & 4) != 0;
    prefixes.b = (rex & 1) != 0;
    // REX.X extends an index, and there is none.
    if ((rex & 2) != 0) return std::nullopt;
  }
  std::optional<Instruction> instruction = DecodeOpcode(reader, prefixes);
  if (!instruction.has_value() || !reader.ok()) return std::nullopt;
  instruction->size_bytes = reader.size_bytes();
  return instruction;
}

}  // namespace springboard::verifier
