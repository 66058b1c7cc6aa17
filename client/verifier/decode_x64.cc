#include <algorithm>
#include <array>

#include "client/verifier/instruction.h"

// Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2: 2.1 for prefixes, ModRM
// and SIB, chapters 3 to 5 for the opcodes.

namespace springboard::verifier {
namespace {

constexpr uint8_t kSibRsp = 0x24;  // Base rsp, no index.
constexpr uint8_t kRegisterMode = 3;

// Reads an instruction's bytes one by one from a copy of them that goes on with zeros behind the
// code's end: no read needs a check of its own.
class Reader {
 public:
  // `offset` is below the code's size.
  Reader(absl::Span<const uint8_t> code, size_t offset)
      : offset_(offset), available_(std::min(code.size() - offset, kWindowBytes)) {
    const uint8_t* const begin = code.data() + offset;
    if (available_ == kWindowBytes) {
      std::copy_n(begin, kWindowBytes, window_.begin());
    } else {
      std::copy_n(begin, available_, window_.begin());
      std::fill(window_.begin() + available_, window_.end(), uint8_t{0});
    }
  }

  uint8_t Peek() const { return window_[size_bytes_]; }
  uint8_t Take() { return window_[size_bytes_++]; }
  void Skip(uint8_t bytes) { size_bytes_ = static_cast<uint8_t>(size_bytes_ + bytes); }

  int32_t TakeInt32() {
    uint32_t value = 0;
    for (int shift = 0; shift < 32; shift += 8) value |= uint32_t{Take()} << shift;
    return static_cast<int32_t>(value);
  }

  // Whether all that was taken is in the code.
  bool ok() const { return size_bytes_ <= available_; }
  size_t next() const { return offset_ + size_bytes_; }
  uint8_t size_bytes() const { return size_bytes_; }

 private:
  // More than any instruction has that is decoded here: the longest are of 10 bytes, with two
  // prefixes, two bytes of opcode, ModRM, SIB and a displacement of 4.
  static constexpr size_t kWindowBytes = 16;

  std::array<uint8_t, kWindowBytes> window_;
  size_t offset_;
  size_t available_;
  uint8_t size_bytes_ = 0;
};

constexpr RegisterId Vector(uint8_t number) {
  return static_cast<RegisterId>(kFirstVector + number);
}

// Fills in one instruction, in place: copies of half-filled ones cost more than all the rest. Each
// member that decodes returns false for what is no instruction of a trampoline.
class Decoder {
 public:
  Decoder(absl::Span<const uint8_t> code, size_t offset, Instruction& result)
      : reader_(code, offset), result_(result) {}

  bool Decode() {
    if (reader_.Peek() == 0xF2 || reader_.Peek() == 0xF3) mandatory_prefix_ = reader_.Take();
    if ((reader_.Peek() & 0xF0) == 0x40) {
      has_rex_ = true;
      rex_ = reader_.Take();
      // REX.X extends an index, and there is none.
      if ((rex_ & 2) != 0) return false;
    }
    if (!DecodeOpcode() || !reader_.ok()) return false;
    result_.size_bytes = reader_.size_bytes();
    return true;
  }

 private:
  // The bits of REX: 64 bits, and bit 3 of the ModRM byte's reg and of its rm or an opcode's low
  // register.
  bool w() const { return (rex_ & 8) != 0; }
  bool r() const { return (rex_ & 4) != 0; }
  bool b() const { return (rex_ & 1) != 0; }
  RegisterId WithB(uint8_t low) const { return static_cast<RegisterId>(low | (b() ? 8 : 0)); }

  bool DecodeOpcode() {
    const uint8_t opcode = reader_.Take();
    if (opcode == 0x0F) return DecodeTwoByteOpcode();
    if (mandatory_prefix_ != 0) return false;
    switch (opcode & 0xF8) {
      case 0x50:
        return DecodePush(WithB(opcode & 7));
      case 0x58:
        return DecodePop(WithB(opcode & 7));
      case 0xB8:
        return DecodeLoadCallee(WithB(opcode & 7));
      default:
        break;
    }
    switch (opcode) {
      case 0x31:
        return DecodeClear();
      case 0x98:
        return DecodeExtendAx();
      case 0x89:
        return DecodeMov(/*to_register=*/false);
      case 0x8B:
        return DecodeMov(/*to_register=*/true);
      case 0x81:
        return DecodeStackArithmetic(/*is_short=*/false);
      case 0x83:
        return DecodeStackArithmetic(/*is_short=*/true);
      case 0xFF:
        return DecodeIndirect();
      case 0xE8:
        return DecodeDirect(Operation::kDirectCall);
      case 0xE9:
        return DecodeDirect(Operation::kDirectJump);
      case 0xC3:
        result_.operation = Operation::kReturn;
        return !has_rex_;
      default:
        return false;
    }
  }

  bool DecodeTwoByteOpcode() {
    const uint8_t opcode = reader_.Take();
    if (mandatory_prefix_ != 0) {
      return (opcode == 0x10 || opcode == 0x11) && DecodeFloat(/*is_store=*/opcode == 0x11);
    }
    switch (opcode) {
      case 0xB6:
      case 0xB7:
      case 0xBE:
      case 0xBF:
        return DecodeExtend(opcode);
      case 0x28:
        return DecodeCopyVector();
      default:
        return false;
    }
  }

  // The forms that trampolines use: a register, or memory at a base and a displacement; no index
  // and no address relative to rip or without a base.
  bool TakeModRm() {
    const uint8_t byte = reader_.Take();
    const uint8_t mode = byte >> 6;
    const uint8_t low = byte & 7;
    reg_ = static_cast<RegisterId>((byte >> 3 & 7) | (r() ? 8 : 0));
    rm_ = WithB(low);
    rm_is_register_ = mode == kRegisterMode;
    if (rm_is_register_) return true;
    if (low == 4) {
      if (reader_.Take() != kSibRsp || b()) return false;
      rm_ = kStackBase;
    }
    if (mode == 0 && low == 5) return false;
    result_.base = rm_;
    result_.displacement = mode == 0   ? 0
                           : mode == 1 ? static_cast<int8_t>(reader_.Take())
                                       : reader_.TakeInt32();
    return true;
  }

  // MOV between registers, and between a register and memory (88, 89, 8B). Only kMoveStack and its
  // like move rsp, here and below.
  bool DecodeMov(bool to_register) {
    if (!TakeModRm() || reg_ == kRsp) return false;
    result_.bytes = w() ? 8 : 4;
    if (rm_is_register_) {
      result_.operation = Operation::kCopy;
      result_.reg = to_register ? reg_ : rm_;
      result_.source = to_register ? rm_ : reg_;
      return rm_ != kRsp;
    }
    result_.operation = to_register ? Operation::kLoad : Operation::kStore;
    (to_register ? result_.reg : result_.source) = reg_;
    return true;
  }

  // MOVZX and MOVSX to 32 bits (0F B6, B7, BE, BF).
  bool DecodeExtend(uint8_t opcode) {
    if (w() || !TakeModRm() || reg_ == kRsp) return false;
    result_.bytes = (opcode & 1) != 0 ? 2 : 1;
    result_.is_signed = opcode >= 0xBE;
    result_.reg = reg_;
    if (!rm_is_register_) {
      result_.operation = Operation::kLoadExtend;
      return true;
    }
    result_.operation = Operation::kExtend;
    result_.source = rm_;
    // Without REX, byte registers 4 to 7 are ah, ch, dh and bh.
    const bool is_high_byte = result_.bytes == 1 && !has_rex_ && rm_ >= 4;
    return !is_high_byte && rm_ != kRsp;
  }

  // CWDE: MOVSX of eax and ax (98).
  bool DecodeExtendAx() {
    result_.operation = Operation::kExtend;
    result_.bytes = 2;
    result_.is_signed = true;
    return !has_rex_;
  }

  // MOVSS and MOVSD between a vector register and memory (F3 or F2, 0F 10 or 11).
  bool DecodeFloat(bool is_store) {
    if (w() || !TakeModRm() || rm_is_register_) return false;
    result_.operation = is_store ? Operation::kStore : Operation::kLoad;
    result_.bytes = mandatory_prefix_ == 0xF3 ? 4 : 8;
    (is_store ? result_.source : result_.reg) = Vector(reg_);
    return true;
  }

  // MOVAPS between registers.
  bool DecodeCopyVector() {
    if (w() || !TakeModRm() || !rm_is_register_) return false;
    result_.operation = Operation::kCopyVector;
    result_.reg = Vector(reg_);
    result_.source = Vector(rm_);
    return true;
  }

  bool DecodePush(RegisterId reg) {
    result_.operation = Operation::kPush;
    result_.source = reg;
    return !w() && !r() && reg != kRsp;
  }

  bool DecodePop(RegisterId reg) {
    result_.operation = Operation::kPop;
    result_.reg = reg;
    return !w() && !r() && reg != kRsp;
  }

  // MOV of 8 immediate bytes, which only the callee's address takes.
  bool DecodeLoadCallee(RegisterId reg) {
    result_.operation = Operation::kLoadCallee;
    result_.reg = reg;
    result_.displacement = static_cast<int32_t>(reader_.next());
    reader_.Skip(8);
    return w() && !r() && reg != kRsp;
  }

  // ADD and SUB of an immediate and rsp (81 and 83, /0 and /5).
  bool DecodeStackArithmetic(bool is_short) {
    const uint8_t modrm = reader_.Take();
    if (!w() || r() || b()) return false;
    if (modrm != 0xC4 && modrm != 0xEC) return false;
    const int32_t immediate = is_short ? static_cast<int8_t>(reader_.Take()) : reader_.TakeInt32();
    if (immediate < 0) return false;
    result_.operation = Operation::kMoveStack;
    result_.displacement = modrm == 0xEC ? -immediate : immediate;
    return true;
  }

  // CALL and JMP through a register (FF /2 and /4), and PUSH from memory (FF /6).
  bool DecodeIndirect() {
    if (w() || !TakeModRm()) return false;
    if (reg_ == 6) {
      result_.operation = Operation::kPushLoaded;
      return !rm_is_register_;
    }
    if (!rm_is_register_ || (reg_ != 2 && reg_ != 4)) return false;
    result_.operation = reg_ == 2 ? Operation::kCall : Operation::kJump;
    result_.source = rm_;
    return true;
  }

  // CALL and JMP to a 32-bit offset (E8, E9).
  bool DecodeDirect(Operation operation) {
    result_.operation = operation;
    result_.displacement = reader_.TakeInt32();
    return !has_rex_;
  }

  // XOR of a register with itself, of 32 bits (31).
  bool DecodeClear() {
    if (w() || !TakeModRm() || !rm_is_register_) return false;
    result_.operation = Operation::kClear;
    result_.reg = reg_;
    return reg_ == rm_ && reg_ != kRsp;
  }

  Reader reader_;
  Instruction& result_;
  uint8_t mandatory_prefix_ = 0;  // F2, F3 or none.
  uint8_t rex_ = 0;
  bool has_rex_ = false;
  // Of the ModRM byte; rm_ is the base if it is no register.
  RegisterId reg_ = 0;
  RegisterId rm_ = 0;
  bool rm_is_register_ = false;
};

}  // namespace

std::optional<Instruction> DecodeX64(absl::Span<const uint8_t> code, size_t offset) {
  std::optional<Instruction> result(std::in_place);
  if (!Decoder(code, offset, *result).Decode()) return std::nullopt;
  return result;
}

}  // namespace springboard::verifier
