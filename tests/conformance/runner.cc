#include "tests/conformance/runner.h"

#include "absl/strings/str_cat.h"
#include "tests/support/shrink.h"

namespace springboard {
namespace {

constexpr size_t kShownFailures = 3;

// What is wrong with one signature by itself; empty if nothing is.
absl::StatusOr<std::string> Problem(const Runner& runner, const Signature& signature,
                                    uint64_t seed) {
  const absl::StatusOr<std::vector<WrongTrampoline>> wrong = runner.Run({signature}, seed);
  if (!wrong.ok()) return wrong.status();
  return wrong->empty() ? "" : wrong->front().problem;
}

ConformanceFailure Explain(const Runner& runner, const Signature& signature,
                           const std::string& problem, uint64_t seed) {
  const absl::StatusOr<std::string> alone = Problem(runner, signature, seed);
  if (!alone.ok() || alone->empty()) {
    return {signature, absl::StrCat(problem, " (but not when it is run alone)"),
            CompileCommand(runner.target(), signature)};
  }
  std::string smallest_problem = *alone;
  const Signature smallest = Shrink(signature, [&](const Signature& simpler) {
    const absl::StatusOr<std::string> found = Problem(runner, simpler, seed);
    // What cannot be run does not fail.
    if (!found.ok() || found->empty()) return false;
    smallest_problem = *found;
    return true;
  });
  return {smallest, smallest_problem, CompileCommand(runner.target(), smallest)};
}

}  // namespace

absl::StatusOr<ConformanceResult> Examine(const Runner& runner,
                                          absl::Span<const Signature> signatures, uint64_t seed) {
  ConformanceResult result;
  while (result.cases < signatures.size()) {
    const auto batch = signatures.subspan(result.cases, kRunnerBatchSize);
    const absl::StatusOr<std::vector<WrongTrampoline>> wrong = runner.Run(batch, seed);
    if (!wrong.ok()) return wrong.status();
    result.cases += batch.size();
    result.failures += wrong->size();
    for (const WrongTrampoline& one : *wrong) {
      if (result.shown.size() == kShownFailures) break;
      result.shown.push_back(Explain(runner, batch[one.index], one.problem, seed));
    }
  }
  return result;
}

std::string CompileCommand(Target target, const Signature& signature) {
  return absl::StrCat("springboard compile --format=asm --target=", Info(target).name,
                      " --signature='", signature.ToString(), "'");
}

}  // namespace springboard
