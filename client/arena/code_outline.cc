#include "client/arena/code_outline.h"

#include <array>

#include "client/verifier/instruction.h"

namespace springboard {
namespace {

using verifier::Instruction;
using verifier::Operation;
using verifier::RegisterId;
using Kind = CodeOutline::Row::Kind;

constexpr int32_t kWordBytes = 8;
constexpr uint32_t kAddressBytes = 8;

// Follows sp and the saved registers through the code.
class Walk {
 public:
  explicit Walk(Target target) : abi_(*verifier::AbiOf(target)), cfa_(abi_.return_address_bytes) {}

  // False at the last instruction.
  bool Step(const Instruction& one, uint32_t offset) {
    end_ = offset + one.size_bytes;
    outline_.end_bytes = end_;
    switch (one.operation) {
      case Operation::kMoveStack:
        MoveStack(one.displacement);
        break;
      case Operation::kPush:
        MoveStack(-kWordBytes);
        Save(one.source, 0);
        break;
      case Operation::kPushLoaded:
        MoveStack(-kWordBytes);
        break;
      case Operation::kPop:
        Restore(one.reg, 0);
        MoveStack(kWordBytes);
        break;
      case Operation::kPushRecord:
        MoveStack(one.displacement);
        SaveRecord(0);
        break;
      case Operation::kPopRecord:
        RestoreRecord(0);
        MoveStack(one.displacement);
        break;
      case Operation::kStoreRecord:
        SaveRecord(one.displacement);
        break;
      case Operation::kLoadRecord:
        RestoreRecord(one.displacement);
        break;
      case Operation::kLoadPair:
      case Operation::kStorePair:
        Step(FirstOfPair(one), offset);
        return Step(SecondOfPair(one), offset);
      case Operation::kStore:
        if (one.base == verifier::kStackBase && one.bytes == kWordBytes) {
          Save(one.source, one.displacement);
        }
        break;
      case Operation::kLoad:
        if (one.base == verifier::kStackBase && one.bytes == kWordBytes) {
          Restore(one.reg, one.displacement);
        }
        break;
      case Operation::kLoadCallee:
        outline_.load_offset_bytes = offset;
        outline_.load_size_bytes = one.size_bytes;
        outline_.callee_register = one.reg;
        FindCalleeBytes(one, offset);
        break;
      case Operation::kDirectCall:
        FindDistanceBytes(offset);
        [[fallthrough]];
      case Operation::kCall:
        outline_.call_offset_bytes = offset;
        break;
      case Operation::kDirectJump:
        FindDistanceBytes(offset);
        return false;
      case Operation::kJump:
      case Operation::kReturn:
        return false;
      default:
        break;
    }
    return true;
  }

  CodeOutline outline() const { return outline_; }

 private:
  // Of an address in the instruction itself; one behind all instructions is not in what they are.
  void FindCalleeBytes(const Instruction& load, uint32_t offset) {
    const auto slot = static_cast<uint32_t>(load.displacement);
    if (slot < offset || uint64_t{slot} + kAddressBytes > end_) return;
    outline_.callee_bytes_offset = slot;
    outline_.callee_bytes_size = kAddressBytes;
  }

  // On x86-64 the distance is the instruction's end. On AArch64 its upper bits share a byte with
  // the opcode: so only the lower ones are taken for what may differ.
  void FindDistanceBytes(uint32_t offset) {
    constexpr uint32_t kDistanceBytesX64 = 4;
    constexpr uint32_t kDistanceBytesA64 = 3;
    outline_.callee_bytes_offset = abi_.is_x64 ? end_ - kDistanceBytesX64 : offset;
    outline_.callee_bytes_size = abi_.is_x64 ? kDistanceBytesX64 : kDistanceBytesA64;
  }

  void AddRow(Kind kind, RegisterId reg, int32_t value) {
    outline_.rows.push_back({end_, kind, reg, value});
  }

  void MoveStack(int32_t change) {
    cfa_ -= change;
    AddRow(Kind::kCfa, 0, cfa_);
  }

  // A store of a register that belongs to the caller, whose value it still has, saves it.
  void Save(RegisterId reg, int32_t offset) {
    if (!IsSavedRegister(reg) || saved_[reg] != 0) return;
    saved_[reg] = cfa_ - offset;
    AddRow(Kind::kSaved, reg, saved_[reg]);
  }

  // A load from where it was saved restores it; other loads use the register for something else.
  void Restore(RegisterId reg, int32_t offset) {
    if (!IsSavedRegister(reg) || saved_[reg] == 0 || saved_[reg] != cfa_ - offset) return;
    AddRow(Kind::kRestored, reg, 0);
  }

  void SaveRecord(int32_t offset) {
    Save(verifier::kFramePointer, offset);
    Save(verifier::kLinkRegister, offset + kWordBytes);
  }

  void RestoreRecord(int32_t offset) {
    Restore(verifier::kFramePointer, offset);
    Restore(verifier::kLinkRegister, offset + kWordBytes);
  }

  bool IsSavedRegister(RegisterId reg) const {
    return reg < verifier::kFirstVector && (abi_.saved_general >> reg & 1) != 0;
  }

  const verifier::Abi& abi_;
  int32_t cfa_;
  std::array<int32_t, verifier::kFirstVector> saved_ = {};  // From the CFA down; or 0.
  uint32_t end_ = 0;
  CodeOutline outline_;
};

}  // namespace

std::optional<CodeOutline> Outline(Target target, absl::Span<const uint8_t> code) {
  const verifier::Abi* const abi = verifier::AbiOf(target);
  if (abi == nullptr) return std::nullopt;
  Walk walk(target);
  for (size_t offset = 0; offset < code.size();) {
    const std::optional<Instruction> one =
        abi->is_x64 ? verifier::DecodeX64(code, offset) : verifier::DecodeA64(code, offset);
    if (!one.has_value()) return std::nullopt;
    if (!walk.Step(*one, static_cast<uint32_t>(offset))) return walk.outline();
    offset += one->size_bytes;
  }
  return std::nullopt;
}

}  // namespace springboard
