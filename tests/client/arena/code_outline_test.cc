// What unwinders are told of trampolines' frames, for every target.

#include "client/arena/code_outline.h"

#include <gtest/gtest.h>

#include <map>

#include "compiler/compile.h"
#include "tests/support/signature_generator.h"

namespace springboard {
namespace {

using Row = CodeOutline::Row;

class CodeOutlineTest : public testing::TestWithParam<TargetInfo> {};

INSTANTIATE_TEST_SUITE_P(Targets, CodeOutlineTest, testing::ValuesIn(AllTargets()),
                         [](const testing::TestParamInfo<TargetInfo>& target) {
                           return std::to_string(static_cast<int>(target.param.target));
                         });

// At the call the frame is as large as the compiler says, and at the end everything is as before.
TEST_P(CodeOutlineTest, FollowsTheFrame) {
  const int32_t at_entry = Info(GetParam().target).isa == Isa::kX64 ? 8 : 0;
  SignatureGenerator generator(/*seed=*/6);
  int framed = 0;
  for (int i = 0; i < 4000; ++i) {
    const Signature signature = generator.Next();
    const Trampoline trampoline = *Compile({signature, GetParam().target});
    const std::optional<CodeOutline> outline = Outline(GetParam().target, trampoline.code);
    ASSERT_TRUE(outline.has_value()) << signature;
    ASSERT_EQ(outline->call_offset_bytes.has_value(), !trampoline.is_tail_call) << signature;
    int32_t cfa = at_entry;
    std::map<uint8_t, int32_t> saved;
    bool is_past_call = false;
    for (const Row& row : outline->rows) {
      const bool is_behind =
          outline->call_offset_bytes.has_value() && row.offset_bytes > *outline->call_offset_bytes;
      if (is_behind && !is_past_call) {
        is_past_call = true;
        ASSERT_EQ(cfa - at_entry, static_cast<int32_t>(trampoline.frame_bytes)) << signature;
      }
      switch (row.kind) {
        case Row::Kind::kCfa:
          cfa = row.value;
          break;
        case Row::Kind::kSaved:
          ASSERT_TRUE(saved.emplace(row.reg, row.value).second) << signature;
          // Inside the frame, at a place of its own.
          ASSERT_GT(row.value, at_entry) << signature;
          ASSERT_LE(row.value, cfa) << signature;
          for (const auto& [other, place] : saved) {
            ASSERT_TRUE(other == row.reg || place != row.value) << signature;
          }
          break;
        case Row::Kind::kRestored:
          ASSERT_EQ(saved.erase(row.reg), 1u) << signature;
          break;
      }
    }
    ASSERT_EQ(cfa, at_entry) << signature;
    ASSERT_TRUE(saved.empty()) << signature;
    framed += is_past_call ? 1 : 0;
  }
  EXPECT_GT(framed, 1000);
}

}  // namespace
}  // namespace springboard
