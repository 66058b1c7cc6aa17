#include "tests/conformance/v8_caller/v8_runner.h"

#include "absl/strings/str_cat.h"
#include "tests/conformance/case_program.h"

namespace springboard {

absl::StatusOr<std::vector<WrongTrampoline>> V8Runner::Run(absl::Span<const Signature> signatures,
                                                           uint64_t seed) const {
  std::string lines;
  for (const Signature& signature : signatures) absl::StrAppend(&lines, signature.ToString(), "\n");
  return RunCaseProgram({"tests/conformance/v8_caller/v8_caller", absl::StrCat(seed)}, lines,
                        signatures.size());
}

}  // namespace springboard
