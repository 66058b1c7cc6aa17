#include "client/cli/disassembler.h"

#include <capstone/capstone.h>

#include <algorithm>
#include <array>
#include <memory>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace springboard {
namespace {

constexpr size_t kSlotBytes = 8;

struct Mode {
  cs_arch arch;
  cs_mode mode;
};

// Indexed by Isa.
constexpr std::array<Mode, 2> kModes = {{{CS_ARCH_X86, CS_MODE_64}, {CS_ARCH_ARM64, CS_MODE_ARM}}};

class Capstone {
 public:
  explicit Capstone(Isa isa) {
    const Mode mode = kModes[static_cast<size_t>(isa)];
    is_open_ = cs_open(mode.arch, mode.mode, &handle_) == CS_ERR_OK;
    if (is_open_) instruction_ = cs_malloc(handle_);
  }
  ~Capstone() {
    if (instruction_ != nullptr) cs_free(instruction_, 1);
    if (is_open_) cs_close(&handle_);
  }
  Capstone(const Capstone&) = delete;
  Capstone& operator=(const Capstone&) = delete;

  // The instruction at the start of `code`, or null. Valid until the next call.
  const cs_insn* Decode(absl::Span<const uint8_t> code, uint64_t address) {
    if (instruction_ == nullptr) return nullptr;
    const uint8_t* next = code.data();
    size_t left = code.size();
    return cs_disasm_iter(handle_, &next, &left, &address, instruction_) ? instruction_ : nullptr;
  }

 private:
  csh handle_ = 0;
  bool is_open_ = false;
  cs_insn* instruction_ = nullptr;
};

std::string Hex(absl::Span<const uint8_t> bytes) {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::string SlotText(absl::Span<const uint8_t> slot) {
  uint64_t callee = 0;
  for (size_t i = 0; i < kSlotBytes; ++i) callee |= uint64_t{slot[i]} << (8 * i);
  return callee == 0 ? ".quad callee" : absl::StrFormat(".quad 0x%x", callee);
}

}  // namespace

absl::StatusOr<std::vector<DisassembledInstruction>> Disassemble(const Trampoline& trampoline) {
  const absl::Span<const uint8_t> code = trampoline.code;
  const size_t slot = trampoline.relocation.callee_offset_bytes;
  if (slot > code.size() || code.size() - slot < kSlotBytes) {
    return absl::InvalidArgumentError(absl::StrCat("the callee's 8 bytes must lie in the code of ",
                                                   code.size(), " bytes; got offset ", slot));
  }
  Capstone capstone(Info(trampoline.target).isa);
  std::vector<DisassembledInstruction> listing;
  size_t offset = 0;
  while (offset < code.size()) {
    size_t size = kSlotBytes;
    std::string text;
    if (offset == slot) {
      text = SlotText(code.subspan(slot, kSlotBytes));
    } else {
      const cs_insn* instruction = capstone.Decode(code.subspan(offset), offset);
      if (instruction == nullptr) {
        return absl::InvalidArgumentError(
            absl::StrCat("no instruction at offset ", offset, ": ",
                         Hex(code.subspan(offset, std::min<size_t>(16, code.size() - offset)))));
      }
      size = instruction->size;
      text = absl::StrCat(instruction->mnemonic, *instruction->op_str == '\0' ? "" : " ",
                          instruction->op_str);
    }
    listing.push_back({static_cast<uint32_t>(offset), Hex(code.subspan(offset, size)), text});
    offset += size;
  }
  return listing;
}

std::string InstructionLine(const DisassembledInstruction& instruction) {
  return absl::StrFormat("%4x  %-20s  %s\n", instruction.offset_bytes, instruction.bytes,
                         instruction.text);
}

absl::StatusOr<std::string> DisassemblyListing(const Trampoline& trampoline) {
  const absl::StatusOr<std::vector<DisassembledInstruction>> instructions = Disassemble(trampoline);
  if (!instructions.ok()) return instructions.status();
  std::string text;
  for (const DisassembledInstruction& instruction : *instructions) {
    text += InstructionLine(instruction);
  }
  return text;
}

}  // namespace springboard
