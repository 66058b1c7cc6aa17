#ifndef SPRINGBOARD_CLIENT_CLI_COMPILE_BATCH_H_
#define SPRINGBOARD_CLIENT_CLI_COMPILE_BATCH_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <istream>
#include <optional>
#include <ostream>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/source/trampoline_source.h"
#include "compiler/trampoline.h"

namespace springboard {

struct BatchOptions {
  TrampolineSource* source;                // Not owned.
  std::function<absl::Time()> deadline;    // Of a request that starts now.
  CallerProfile profile;                   // Of every line.
  std::optional<uint64_t> callee_address;  // Put into every trampoline.
};

struct BatchCounts {
  size_t lines = 0;
  size_t failed = 0;
};

// Puts the callee's address into the code. The relocation must be inside it, as those of every
// source are.
void PatchCallee(uint64_t callee_address, Trampoline& trampoline);

// Reads lines TARGET<TAB>SIGNATURE and writes a line for each, in order:
// TARGET<TAB>SIGNATURE<TAB>ok<TAB>CALLEE_OFFSET<TAB>HEX, or
// TARGET<TAB>SIGNATURE<TAB>CODE_NAME<TAB>MESSAGE. Shows its progress on stderr at a terminal.
// Error: DATA_LOSS if the output fails; whether the input did, BatchFile::Finish() tells.
absl::StatusOr<BatchCounts> CompileBatch(std::istream& input, std::ostream& output,
                                         const BatchOptions& options);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_CLI_COMPILE_BATCH_H_
