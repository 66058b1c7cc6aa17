#ifndef SPRINGBOARD_CLIENT_CLI_TRAMPOLINE_TEXT_H_
#define SPRINGBOARD_CLIENT_CLI_TRAMPOLINE_TEXT_H_

#include <string>

#include "absl/status/statusor.h"
#include "compiler/signature.h"
#include "compiler/trampoline.h"

namespace springboard {

enum class OutputFormat { kHex, kJson, kAsm, kRaw };

std::string CodeHex(const Trampoline& trampoline);

// The trampoline as a command prints it, with the final newline (none after raw bytes):
//   hex   CALLEE_OFFSET<TAB>HEX
//   json  one object with everything that a server's response holds
//   asm   a disassembly
//   raw   the code's bytes
// Error: that of Disassemble(), for asm.
absl::StatusOr<std::string> FormatTrampoline(const Trampoline& trampoline,
                                             const Signature& signature, OutputFormat format);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_CLI_TRAMPOLINE_TEXT_H_
