// What our code is compared with does what a trampoline does; and where ours is longer.

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "client/cli/disassembler.h"
#include "tests/bench/clang_forwarders.h"
#include "tests/bench/code_lengths.h"
#include "tests/conformance/emulator.h"

namespace springboard {
namespace {

struct Expected {
  Target target;
  int shorter_by_clang;  // Of the 2,000 signatures.
};

std::ostream& operator<<(std::ostream& os, const Expected& expected) {
  return os << Info(expected.target).name;
}

bool Contains(const Trampoline& code, std::initializer_list<absl::string_view> texts) {
  const auto listing = Disassemble(code);
  if (!listing.ok()) return false;
  for (const auto& line : *listing) {
    for (const absl::string_view text : texts) {
      if (absl::StrContains(line.text, text)) return true;
    }
  }
  return false;
}

// Of the stack at a time, which the processor cannot forward from V8's two stores of 8 bytes.
bool CopiesSixteenBytes(const Trampoline& code) {
  return Contains(code, {"xmmword ptr", "ldr q", "ldur q", "ldp q"});
}

// Pushes what a tail call copies: fewer bytes, for a call and a return more.
bool CallsWhereOursJumps(const ComparedCode& code) {
  return code.ours.is_tail_call && Contains(code.clang, {"call "});
}

class CodeComparisonTest : public testing::TestWithParam<Expected> {};

TEST_P(CodeComparisonTest, IsNoLonger) {
  const auto all = CompareCode(ComparedSignatures(), GetParam().target);
  ASSERT_TRUE(all.ok()) << all.status();
  int longer = 0;
  for (const ComparedCode& code : *all) {
    EXPECT_FALSE(IsLonger(code.our_length, code.reference_length)) << code.Listing(code.reference);
    if (!IsLonger(code.our_length, code.clang_length)) continue;
    ++longer;
    EXPECT_TRUE(CopiesSixteenBytes(code.clang) || CallsWhereOursJumps(code))
        << "clang is shorter for no known reason: " << code.Listing(code.clang);
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
                         testing::Values(Expected{Target::kX64SystemV, 27},
                                         Expected{Target::kX64Windows, 27},
                                         Expected{Target::kA64Apple, 0},
                                         Expected{Target::kA64Linux, 3},
                                         Expected{Target::kA64Windows, 3}));

}  // namespace
}  // namespace springboard
