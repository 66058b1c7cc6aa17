// What our code is compared with does what a trampoline does; and where ours is longer.

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "tests/bench/clang_forwarders.h"
#include "tests/bench/code_lengths.h"
#include "tests/conformance/emulator.h"

namespace springboard {
namespace {

struct Expected {
  Target target;
  // Of the 2,000 signatures: where clang's is shorter. It copies 16 bytes of the stack at a time,
  // which the processor cannot forward from the two stores of 8 bytes before.
  int shorter_by_clang;
};

std::ostream& operator<<(std::ostream& os, const Expected& expected) {
  return os << Info(expected.target).name;
}

class CodeComparisonTest : public testing::TestWithParam<Expected> {};

TEST_P(CodeComparisonTest, IsNoLonger) {
  const auto all = CompareCode(ComparedSignatures(), GetParam().target);
  ASSERT_TRUE(all.ok()) << all.status();
  int longer = 0;
  for (const ComparedCode& code : *all) {
    EXPECT_FALSE(IsLonger(code.our_length, code.reference_length)) << code.Listing(code.reference);
    longer += IsLonger(code.our_length, code.clang_length) ? 1 : 0;
  }
  EXPECT_LE(longer, GetParam().shorter_by_clang)
      << "tools/bench code says where; the listings are in bazel-bin/tests/bench/code_comparison "
         "--list";
}

TEST_P(CodeComparisonTest, ClangDoesTheSame) {
  constexpr size_t kSignatures = 300;
  std::vector<Signature> signatures = ComparedSignatures();
  signatures.resize(kSignatures, signatures.front());
  const auto forwarders = CompileForwarders(signatures, GetParam().target);
  ASSERT_TRUE(forwarders.ok()) << forwarders.status();
  Emulator emulator(GetParam().target);
  emulator.IgnoreFrames();
  for (size_t i = 0; i < signatures.size(); ++i) {
    const Trampoline& forwarder = (*forwarders)[i];
    EXPECT_EQ(emulator.Run(signatures[i], {forwarder.code.begin(), forwarder.code.end()},
                           forwarder.relocation.callee_offset_bytes),
              "")
        << ForwarderSource({signatures[i]}, GetParam().target);
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, CodeComparisonTest,
                         testing::Values(Expected{Target::kX64SystemV, 293},
                                         Expected{Target::kX64Windows, 203},
                                         Expected{Target::kA64Apple, 61},
                                         Expected{Target::kA64Linux, 7},
                                         Expected{Target::kA64Windows, 5}));

}  // namespace
}  // namespace springboard
