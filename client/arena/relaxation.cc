#include "client/arena/relaxation.h"

#include <cstddef>

#include "client/verifier/instruction.h"

namespace springboard {
namespace {

using verifier::Instruction;
using verifier::Operation;

// Where an instruction is in the code, in bytes.
struct Extent {
  size_t offset = 0;
  size_t size = 0;

  size_t end() const { return offset + size; }
};

struct CalleeUse {
  Extent load;
  Extent transfer;
  bool is_call = false;
  size_t end = 0;  // Of the instructions.
};

// Of code with one load of the callee's address, and one jump or call through a register behind it.
std::optional<CalleeUse> FindCalleeUse(bool is_x64, absl::Span<const uint8_t> code) {
  CalleeUse use;
  for (size_t offset = 0; offset < code.size();) {
    const std::optional<Instruction> one =
        is_x64 ? verifier::DecodeX64(code, offset) : verifier::DecodeA64(code, offset);
    if (!one.has_value()) return std::nullopt;
    const Extent extent = {offset, one->size_bytes};
    offset = extent.end();
    switch (one->operation) {
      case Operation::kLoadCallee:
        use.load = extent;
        break;
      case Operation::kCall:
      case Operation::kJump:
        use.transfer = extent;
        use.is_call = one->operation == Operation::kCall;
        break;
      case Operation::kDirectCall:
      case Operation::kDirectJump:
        return std::nullopt;
      default:
        break;
    }
    if (one->operation != Operation::kJump && one->operation != Operation::kReturn) continue;
    use.end = offset;
    const bool is_ordered = use.load.size > 0 && use.load.end() <= use.transfer.offset;
    return is_ordered ? std::optional(use) : std::nullopt;
  }
  return std::nullopt;
}

void AppendLittleEndian(CodeBytes& code, uint32_t word) {
  for (int shift = 0; shift < 32; shift += 8) code.push_back(static_cast<uint8_t>(word >> shift));
}

// E8 and E9 with a distance from the end of the instruction.
bool AppendX64(CodeBytes& code, bool is_call, CodePlace place) {
  constexpr size_t kSize = 5;
  const auto distance = static_cast<int64_t>(place.callee - (place.address + code.size() + kSize));
  if (distance != static_cast<int32_t>(distance)) return false;
  code.push_back(is_call ? 0xE8 : 0xE9);
  AppendLittleEndian(code, static_cast<uint32_t>(distance));
  return true;
}

// BL and B with a distance from the instruction, in words of 26 bits.
bool AppendA64(CodeBytes& code, bool is_call, CodePlace place) {
  constexpr int64_t kReach = int64_t{1} << 27;
  constexpr uint32_t kMask = (uint32_t{1} << 26) - 1;
  const auto distance = static_cast<int64_t>(place.callee - (place.address + code.size()));
  if (distance < -kReach || distance >= kReach || distance % 4 != 0) return false;
  const uint32_t opcode = is_call ? 0x94000000 : 0x14000000;
  AppendLittleEndian(code, opcode | (static_cast<uint32_t>(distance / 4) & kMask));
  return true;
}

}  // namespace

uint64_t DirectReachBytes(Target target) {
  constexpr int kReachBitsX64 = 31;
  constexpr int kReachBitsA64 = 27;
  return uint64_t{1} << (Info(target).isa == Isa::kX64 ? kReachBitsX64 : kReachBitsA64);
}

std::optional<CodeBytes> Relax(const Trampoline& trampoline, CodePlace place) {
  const bool is_x64 = Info(trampoline.target).isa == Isa::kX64;
  const CodeBytes& code = trampoline.code;
  const std::optional<CalleeUse> use = FindCalleeUse(is_x64, code);
  if (!use.has_value()) return std::nullopt;
  const auto at = [&code](size_t offset) { return code.begin() + static_cast<ptrdiff_t>(offset); };
  CodeBytes relaxed(at(0), at(use->load.offset));
  relaxed.insert(relaxed.end(), at(use->load.end()), at(use->transfer.offset));
  const bool is_in_reach =
      is_x64 ? AppendX64(relaxed, use->is_call, place) : AppendA64(relaxed, use->is_call, place);
  if (!is_in_reach) return std::nullopt;
  relaxed.insert(relaxed.end(), at(use->transfer.end()), at(use->end));
  return relaxed;
}

}  // namespace springboard
