#ifndef SPRINGBOARD_TESTS_CONFORMANCE_ORACLE_ORACLE_COMPILER_H_
#define SPRINGBOARD_TESTS_CONFORMANCE_ORACLE_ORACLE_COMPILER_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "compiler/signature.h"
#include "compiler/target.h"
#include "tests/conformance/oracle/object_code.h"

namespace springboard {

// A compiler that makes callees for one target.
struct OracleCompiler {
  std::string name;  // "clang" or "gcc"
  Target target;
  std::vector<std::string> command;  // Without source and output.
};

inline std::ostream& operator<<(std::ostream& os, const OracleCompiler& compiler) {
  return os << compiler.name << " for " << compiler.target;
}

// clang 14 for all five targets; gcc 12 for those that Debian has one for.
const std::vector<OracleCompiler>& OracleCompilers();

// The code of a callee for each signature, compiled together.
struct CompiledCallees {
  std::vector<uint8_t> text;
  std::vector<uint64_t> offsets;  // Of the n-th signature's callee in the text.
};

// Error: INTERNAL with the compiler's own words if it fails; those of ReadObjectCode().
absl::StatusOr<CompiledCallees> CompileCallees(const OracleCompiler& compiler,
                                               absl::Span<const Signature> signatures);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CONFORMANCE_ORACLE_ORACLE_COMPILER_H_
