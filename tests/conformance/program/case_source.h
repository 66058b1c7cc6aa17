#ifndef SPRINGBOARD_TESTS_CONFORMANCE_PROGRAM_CASE_SOURCE_H_
#define SPRINGBOARD_TESTS_CONFORMANCE_PROGRAM_CASE_SOURCE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "compiler/signature.h"
#include "compiler/target.h"
#include "tests/conformance/runner.h"

namespace springboard {

// C code that runner.cc is linked with: for each signature its trampoline's bytes, a callee with
// the real types, a caller with V8's types that calls through the trampoline with random values,
// and what the callee must see and the caller get. `abi` is an attribute of all of these functions
// ("" for the compiler's own convention). Values come from CaseSeed(). Error: that of `compile`.
absl::StatusOr<std::string> CaseSource(absl::Span<const Signature> signatures, Target target,
                                       const std::string& abi, const CompileFunction& compile,
                                       uint64_t seed);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CONFORMANCE_PROGRAM_CASE_SOURCE_H_
