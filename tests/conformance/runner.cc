#include "tests/conformance/runner.h"

#include "absl/strings/str_cat.h"
#include "tests/support/shrink.h"

namespace springboard {
namespace {

constexpr size_t kBatchSize = 500;
constexpr size_t kShownFailures = 3;

// What is wrong with one signature by itself; empty if nothing is.
std::string Problem(const Runner& runner, const Signature& signature) {
  const absl::StatusOr<std::vector<WrongTrampoline>> wrong = runner.Run({signature});
  if (!wrong.ok()) return wrong.status().ToString();
  return wrong->empty() ? "" : wrong->front().problem;
}

ConformanceFailure Explain(const Runner& runner, const Signature& signature,
                           const std::string& problem) {
  const std::string alone = Problem(runner, signature);
  if (alone.empty()) {
    return {signature, absl::StrCat(problem, " (but right when run alone)"),
            CompileCommand(runner.target(), signature)};
  }
  const Signature smallest = Shrink(
      signature, [&](const Signature& simpler) { return !Problem(runner, simpler).empty(); });
  return {smallest, Problem(runner, smallest), CompileCommand(runner.target(), smallest)};
}

}  // namespace

absl::StatusOr<ConformanceResult> Examine(const Runner& runner,
                                          absl::Span<const Signature> signatures) {
  ConformanceResult result;
  while (result.cases < signatures.size()) {
    const auto batch = signatures.subspan(result.cases, kBatchSize);
    const absl::StatusOr<std::vector<WrongTrampoline>> wrong = runner.Run(batch);
    if (!wrong.ok()) return wrong.status();
    result.cases += batch.size();
    result.failures += wrong->size();
    for (const WrongTrampoline& one : *wrong) {
      if (result.shown.size() == kShownFailures) break;
      result.shown.push_back(Explain(runner, batch[one.index], one.problem));
    }
  }
  return result;
}

std::string CompileCommand(Target target, const Signature& signature) {
  return absl::StrCat("springboard compile --format=asm --target=", Info(target).name,
                      " --signature='", signature.ToString(), "'");
}

}  // namespace springboard
