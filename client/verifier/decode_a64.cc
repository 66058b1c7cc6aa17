#include "client/verifier/instruction.h"

// Arm Architecture Reference Manual (DDI 0487), C4.1 and C6.2. Instruction words are little-endian.

namespace springboard::verifier {
namespace {

constexpr uint32_t kZeroOrSp = 31;

// Bits high to low of a word.
constexpr uint32_t Field(uint32_t word, int high, int low) {
  return (word >> low) & ((uint32_t{2} << (high - low)) - 1);
}

constexpr int32_t SignedField(uint32_t word, int high, int low) {
  const int unused = 31 - (high - low);
  return static_cast<int32_t>(Field(word, high, low) << unused) >> unused;
}

constexpr RegisterId Vector(uint32_t number) {
  return static_cast<RegisterId>(kFirstVector + number);
}

Instruction Make(Operation operation) {
  Instruction instruction;
  instruction.operation = operation;
  instruction.size_bytes = 4;
  return instruction;
}

// MOV (register), which is ORR with the zero register, of 32 and 64 bits.
std::optional<Instruction> DecodeCopy(uint32_t word) {
  const uint32_t source = Field(word, 20, 16);
  const uint32_t reg = Field(word, 4, 0);
  if (reg == kZeroOrSp) return std::nullopt;
  Instruction instruction = Make(source == kZeroOrSp ? Operation::kClear : Operation::kCopy);
  instruction.reg = static_cast<RegisterId>(reg);
  instruction.source = static_cast<RegisterId>(source);
  instruction.bytes = Field(word, 31, 31) != 0 ? 8 : 4;
  return instruction;
}

// UXTB and UXTH written as AND (immediate), SXTB and SXTH, of 32 bits.
std::optional<Instruction> DecodeExtend(uint32_t word, uint8_t bytes, bool is_signed) {
  const uint32_t source = Field(word, 9, 5);
  const uint32_t reg = Field(word, 4, 0);
  if (reg == kZeroOrSp || source == kZeroOrSp) return std::nullopt;
  Instruction instruction = Make(Operation::kExtend);
  instruction.reg = static_cast<RegisterId>(reg);
  instruction.source = static_cast<RegisterId>(source);
  instruction.bytes = bytes;
  instruction.is_signed = is_signed;
  return instruction;
}

// Loads and stores with an unsigned scaled offset (C4.1.66: size 111 V 01 opc imm12 Rn Rt).
std::optional<Instruction> DecodeMemory(uint32_t word) {
  const uint32_t size = Field(word, 31, 30);
  const bool is_vector = Field(word, 26, 26) != 0;
  const uint32_t opc = Field(word, 23, 22);
  const uint32_t base = Field(word, 9, 5);
  const uint32_t reg = Field(word, 4, 0);
  // A general register 31 is the zero register here.
  if (!is_vector && reg == kZeroOrSp) return std::nullopt;
  // Vector registers of 32 and 64 bits only: opc of the others overlaps with sizes.
  if (is_vector && (size < 2 || opc > 1)) return std::nullopt;
  // opc 3 sign-extends bytes and half words to 32 bits; opc 2, to 64 bits, is not in use.
  if (opc == 2 || (opc == 3 && size > 1)) return std::nullopt;

  Instruction instruction = Make(Operation::kStore);
  const RegisterId data = is_vector ? Vector(reg) : static_cast<RegisterId>(reg);
  instruction.bytes = static_cast<uint8_t>(1 << size);
  instruction.base = base == kZeroOrSp ? kStackBase : static_cast<RegisterId>(base);
  instruction.displacement = static_cast<int32_t>(Field(word, 21, 10) << size);
  if (opc == 0) {
    instruction.source = data;
    return instruction;
  }
  instruction.reg = data;
  // A load of 8 or 16 bits leaves zeros above, or copies of the sign.
  instruction.operation = size < 2 ? Operation::kLoadExtend : Operation::kLoad;
  instruction.is_signed = opc == 3;
  return instruction;
}

// Registers that arguments are copied through, and that they end up in.
constexpr bool IsOfCopies(uint32_t reg) { return reg <= 17; }

// STP of 32 and 64 bits and LDP of 64, of such registers, at sp and an offset. x19 takes an out
// array, too.
std::optional<Instruction> DecodePair(uint32_t word) {
  const uint32_t reg = Field(word, 4, 0);
  const uint32_t second = Field(word, 14, 10);
  if (Field(word, 9, 5) != kZeroOrSp || !IsOfCopies(reg)) return std::nullopt;
  Instruction instruction;
  switch (Field(word, 31, 22)) {
    case 0b0010100100:
    case 0b1010100100:
      if (!IsOfCopies(second)) return std::nullopt;
      instruction = Make(Operation::kStorePair);
      break;
    case 0b1010100101:
      // Into one register twice is unpredictable.
      if (reg == second || !(IsOfCopies(second) || second == 19)) return std::nullopt;
      instruction = Make(Operation::kLoadPair);
      break;
    default:
      return std::nullopt;
  }
  instruction.bytes = Field(word, 31, 31) != 0 ? 8 : 4;
  instruction.reg = instruction.source = static_cast<RegisterId>(reg);
  instruction.second = static_cast<RegisterId>(second);
  instruction.displacement = SignedField(word, 21, 15) * instruction.bytes;
  return instruction;
}

// STP and LDP of x29 and x30 at sp: with an offset, STP before it moves sp, LDP after.
std::optional<Instruction> DecodeRecord(uint32_t word) {
  constexpr uint32_t kOperands = kFramePointer | kZeroOrSp << 5 | kLinkRegister << 10;
  if (Field(word, 14, 0) != kOperands) return DecodePair(word);
  const auto make = [&](Operation operation) {
    Instruction instruction = Make(operation);
    instruction.displacement = SignedField(word, 21, 15) * 8;
    return instruction;
  };
  switch (Field(word, 31, 22)) {
    case 0b1010100110:
      return make(Operation::kPushRecord);
    case 0b1010100011:
      return make(Operation::kPopRecord);
    case 0b1010100100:
      return make(Operation::kStoreRecord);
    case 0b1010100101:
      return make(Operation::kLoadRecord);
    default:
      return std::nullopt;
  }
}

// ADD and SUB (immediate) of 64 bits from sp to sp, and ADD from sp to x29.
std::optional<Instruction> DecodeStackArithmetic(uint32_t word) {
  const auto immediate = static_cast<int32_t>(Field(word, 21, 10));
  const uint32_t reg = Field(word, 4, 0);
  const bool is_subtraction = Field(word, 30, 30) != 0;
  if (reg == kZeroOrSp) {
    Instruction instruction = Make(Operation::kMoveStack);
    instruction.displacement = is_subtraction ? -immediate : immediate;
    return instruction;
  }
  if (reg != kFramePointer || is_subtraction) return std::nullopt;
  Instruction instruction = Make(Operation::kStackAddress);
  instruction.reg = kFramePointer;
  instruction.displacement = immediate;
  return instruction;
}

// B and BL.
Instruction DecodeDirectBranch(uint32_t word) {
  const bool is_call = Field(word, 31, 31) != 0;
  Instruction instruction = Make(is_call ? Operation::kDirectCall : Operation::kDirectJump);
  instruction.displacement = SignedField(word, 25, 0) * 4 - 4;
  return instruction;
}

std::optional<Instruction> DecodeBranch(uint32_t word) {
  const auto target = static_cast<RegisterId>(Field(word, 9, 5));
  switch (word & ~(uint32_t{31} << 5)) {
    case 0xD61F0000: {
      Instruction instruction = Make(Operation::kJump);
      instruction.source = target;
      return instruction;
    }
    case 0xD63F0000: {
      Instruction instruction = Make(Operation::kCall);
      instruction.source = target;
      return instruction;
    }
    case 0xD65F0000: {
      if (target != kLinkRegister) return std::nullopt;
      Instruction instruction = Make(Operation::kReturn);
      instruction.source = target;
      return instruction;
    }
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<Instruction> DecodeA64(absl::Span<const uint8_t> code, size_t offset) {
  if (code.size() - offset < 4) return std::nullopt;
  const uint32_t word = uint32_t{code[offset]} | uint32_t{code[offset + 1]} << 8 |
                        uint32_t{code[offset + 2]} << 16 | uint32_t{code[offset + 3]} << 24;
  if ((word & 0x7FE0FFE0) == 0x2A0003E0) return DecodeCopy(word);
  if ((word & 0xFFFFFC00) == 0x12001C00) return DecodeExtend(word, 1, /*is_signed=*/false);
  if ((word & 0xFFFFFC00) == 0x12003C00) return DecodeExtend(word, 2, /*is_signed=*/false);
  if ((word & 0xFFFFFC00) == 0x13001C00) return DecodeExtend(word, 1, /*is_signed=*/true);
  if ((word & 0xFFFFFC00) == 0x13003C00) return DecodeExtend(word, 2, /*is_signed=*/true);
  if ((word & 0x3B000000) == 0x39000000) return DecodeMemory(word);
  if ((word & 0x7E000000) == 0x28000000) return DecodeRecord(word);
  if ((word & 0xBFC003E0) == 0x910003E0) return DecodeStackArithmetic(word);
  if ((word & 0xFF000000) == 0x58000000) {
    // LDR (literal) of 64 bits, relative to the instruction.
    if (Field(word, 4, 0) == kZeroOrSp) return std::nullopt;
    Instruction instruction = Make(Operation::kLoadCallee);
    instruction.reg = static_cast<RegisterId>(Field(word, 4, 0));
    instruction.displacement = static_cast<int32_t>(offset) + SignedField(word, 23, 5) * 4;
    return instruction;
  }
  if ((word & 0xFFFFFC00) == 0x1E604000) {
    // FMOV between registers of 64 bits.
    Instruction instruction = Make(Operation::kCopyVector);
    instruction.reg = Vector(Field(word, 4, 0));
    instruction.source = Vector(Field(word, 9, 5));
    return instruction;
  }
  if ((word & 0x7C000000) == 0x14000000) return DecodeDirectBranch(word);
  return DecodeBranch(word);
}

}  // namespace springboard::verifier
