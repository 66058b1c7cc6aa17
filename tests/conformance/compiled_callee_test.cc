// Systematic and random signatures on every target, with callees that clang and gcc compiled for
// it.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "tests/conformance/compiled_run.h"
#include "tests/conformance/oracle/oracle_compiler.h"
#include "tests/support/signature_generator.h"
#include "tests/support/systematic_signatures.h"

namespace springboard {
namespace {

class CompiledCalleeTest : public testing::TestWithParam<OracleCompiler> {
 protected:
  static void Check(const std::vector<Signature>& signatures) {
    constexpr size_t kBatchSize = 1000;
    size_t cases = 0;
    for (size_t begin = 0; begin < signatures.size(); begin += kBatchSize) {
      const auto batch = absl::MakeConstSpan(signatures).subspan(begin, kBatchSize);
      const absl::StatusOr<ConformanceResult> result = RunCompiledCallees(GetParam(), batch);
      ASSERT_TRUE(result.ok()) << result.status();
      for (const ConformanceFailure& failure : result->shown) {
        ADD_FAILURE() << failure.problem << "\n" << failure.command;
      }
      ASSERT_EQ(result->failures, 0u);
      cases += result->cases;
    }
    EXPECT_EQ(cases, signatures.size());
  }
};

TEST_P(CompiledCalleeTest, SystematicSignatures) { Check(SystematicSignatures()); }

TEST_P(CompiledCalleeTest, RandomSignatures) {
  SignatureGenerator generator(/*seed=*/7);
  std::vector<Signature> signatures;
  for (int i = 0; i < 1000; ++i) signatures.push_back(generator.Next());
  Check(signatures);
}

INSTANTIATE_TEST_SUITE_P(Compilers, CompiledCalleeTest, testing::ValuesIn(OracleCompilers()),
                         [](const auto& compiler) {
                           std::string name = compiler.param.name + "_" +
                                              std::string(Info(compiler.param.target).name);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace springboard
