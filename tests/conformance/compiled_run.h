#ifndef SPRINGBOARD_TESTS_CONFORMANCE_COMPILED_RUN_H_
#define SPRINGBOARD_TESTS_CONFORMANCE_COMPILED_RUN_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "compiler/signature.h"
#include "tests/conformance/oracle/oracle_compiler.h"

namespace springboard {

struct ConformanceFailure {
  Signature smallest;   // To which the failure was shrunk.
  std::string problem;  // Of the smallest.
  // Ready to paste: "springboard compile --format=asm --target=... --signature='...'".
  std::string command;
};

struct ConformanceResult {
  size_t cases = 0;
  size_t failures = 0;
  // Of the first few; the others would tell the same.
  std::vector<ConformanceFailure> shown;
};

// Compiles a trampoline and a callee for each signature, and runs both in the emulator. Error: the
// compiler's, or that of reading what it made.
absl::StatusOr<ConformanceResult> RunCompiledCallees(const OracleCompiler& compiler,
                                                     absl::Span<const Signature> signatures);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CONFORMANCE_COMPILED_RUN_H_
