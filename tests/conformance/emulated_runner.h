#ifndef SPRINGBOARD_TESTS_CONFORMANCE_EMULATED_RUNNER_H_
#define SPRINGBOARD_TESTS_CONFORMANCE_EMULATED_RUNNER_H_

#include <string>
#include <vector>

#include "compiler/compile.h"
#include "tests/conformance/oracle/oracle_compiler.h"
#include "tests/conformance/runner.h"

namespace springboard {

// Unicorn, with callees that a real compiler made.
class EmulatedRunner final : public Runner {
 public:
  explicit EmulatedRunner(OracleCompiler compiler, CompileFunction compile = Compile)
      : compiler_(std::move(compiler)), compile_(std::move(compile)) {}

  std::string name() const override { return "emulated, " + compiler_.name; }
  Target target() const override { return compiler_.target; }
  absl::StatusOr<std::vector<WrongTrampoline>> Run(absl::Span<const Signature> signatures,
                                                   uint64_t seed) const override;

 private:
  const OracleCompiler compiler_;
  const CompileFunction compile_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CONFORMANCE_EMULATED_RUNNER_H_
