// Systematic and random signatures, through every runner of every target.

#include "tests/conformance/runner.h"

#include <gtest/gtest.h>

#include <cctype>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/conformance/all_runners.h"
#include "tests/support/signature_generator.h"
#include "tests/support/systematic_signatures.h"

namespace springboard {
namespace {

// Distinct ones of each target, in the emulator with callees of clang, which there is for all five.
constexpr size_t kSignaturesPerTarget = 20000;
// With the other compilers and runners, which stand for the same targets.
constexpr size_t kRandomSignatures = 1000;

// Kept for the whole run, since some take seconds to start.
const std::vector<std::unique_ptr<const Runner>>& Runners() {
  static const std::vector<std::unique_ptr<const Runner>> runners = AllRunners();
  return runners;
}

class RunnerTest : public testing::TestWithParam<size_t> {
 protected:
  static const Runner& runner() { return *Runners()[GetParam()]; }

  static void Check(const std::vector<Signature>& signatures) {
    const absl::StatusOr<ConformanceResult> result = Examine(runner(), signatures, /*seed=*/1);
    ASSERT_TRUE(result.ok()) << result.status();
    for (const ConformanceFailure& failure : result->shown) {
      ADD_FAILURE() << failure.problem << "\n" << failure.command;
    }
    EXPECT_EQ(result->failures, 0u);
    EXPECT_EQ(result->cases, signatures.size());
  }
};

TEST_P(RunnerTest, SystematicSignatures) { Check(SystematicSignatures()); }

// Others than the systematic ones, each once.
TEST_P(RunnerTest, RandomSignatures) {
  std::set<std::string> seen;
  for (const Signature& signature : SystematicSignatures()) seen.insert(signature.ToString());
  const size_t count =
      runner().name() == "emulated, clang" ? kSignaturesPerTarget - seen.size() : kRandomSignatures;
  SignatureGenerator generator(/*seed=*/7);
  std::vector<Signature> signatures;
  while (signatures.size() < count) {
    const Signature signature = generator.Next();
    if (seen.insert(signature.ToString()).second) signatures.push_back(signature);
  }
  Check(signatures);
}

INSTANTIATE_TEST_SUITE_P(Runners, RunnerTest, testing::Range(size_t{0}, Runners().size()),
                         [](const auto& index) {
                           const Runner& runner = *Runners()[index.param];
                           std::string name =
                               absl::StrCat(Info(runner.target()).name, "_", runner.name());
                           for (char& c : name) {
                             if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
                           }
                           return name;
                         });

}  // namespace
}  // namespace springboard
