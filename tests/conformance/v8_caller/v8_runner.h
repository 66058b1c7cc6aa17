#ifndef SPRINGBOARD_TESTS_CONFORMANCE_V8_CALLER_V8_RUNNER_H_
#define SPRINGBOARD_TESTS_CONFORMANCE_V8_CALLER_V8_RUNNER_H_

#include <string>
#include <vector>

#include "tests/conformance/runner.h"

namespace springboard {

// V8 10.2 on this machine, with trampolines from a server, between optimised JavaScript and
// callees that clang made.
class V8Runner final : public Runner {
 public:
  std::string name() const override { return "V8, clang"; }
  Target target() const override { return Target::kX64SystemV; }
  absl::StatusOr<std::vector<WrongTrampoline>> Run(absl::Span<const Signature> signatures,
                                                   uint64_t seed) const override;
};

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CONFORMANCE_V8_CALLER_V8_RUNNER_H_
