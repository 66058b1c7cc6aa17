// What the verifier accepts of changed code does the same as the trampoline. tools/verify-mutants
// runs more of them.

#include "tests/client/verifier/mutants.h"

#include <gtest/gtest.h>

#include <iostream>

namespace springboard {
namespace {

class MutantsTest : public testing::TestWithParam<Target> {};

TEST_P(MutantsTest, NoneIsFalselyAccepted) {
  const MutantReport report =
      VerifyMutants(GetParam(), /*signatures=*/150, /*random_count=*/100, /*seed=*/3);
  std::cout << report.ToString();
  EXPECT_EQ(report.false_accepts(), 0u);
  for (const std::string& example : report.examples) ADD_FAILURE() << example;
  for (size_t i = 0; i < kMutations; ++i) {
    EXPECT_GT(report.counts[i].mutants, 0u) << Name(static_cast<Mutation>(i));
    EXPECT_GT(report.counts[i].rejected, 0u) << Name(static_cast<Mutation>(i));
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, MutantsTest,
                         testing::Values(Target::kX64SystemV, Target::kX64Windows,
                                         Target::kA64Apple, Target::kA64Linux,
                                         Target::kA64Windows));

}  // namespace
}  // namespace springboard
