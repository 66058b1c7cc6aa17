#ifndef SPRINGBOARD_CLIENT_CLI_DISASSEMBLER_H_
#define SPRINGBOARD_CLIENT_CLI_DISASSEMBLER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "compiler/trampoline.h"

namespace springboard {

// One machine instruction, or the callee's slot where that stands behind the code.
struct DisassembledInstruction {
  uint32_t offset_bytes;
  std::string bytes;  // Hexadecimal.
  std::string text;   // Intel syntax on x64: "movzx edi, sil"; ".quad callee" for a slot.
};

// Every byte of the trampoline's code, in order.
// Error: INVALID_ARGUMENT if some bytes are no instruction, or the callee's slot is outside.
absl::StatusOr<std::vector<DisassembledInstruction>> Disassemble(const Trampoline& trampoline);

// "offset  bytes  text", with the newline.
std::string InstructionLine(const DisassembledInstruction& instruction);

// The same as lines of InstructionLine().
absl::StatusOr<std::string> DisassemblyListing(const Trampoline& trampoline);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_CLI_DISASSEMBLER_H_
