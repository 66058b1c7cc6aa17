// What is known of other code never makes a difference to what an outline is.

#include "client/arena/known_outlines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>

#include "client/arena/code_outline.h"
#include "client/arena/relaxation.h"
#include "client/mapping/relocate.h"
#include "compiler/compile.h"
#include "tests/support/signature_generator.h"

namespace springboard {
namespace {

using Row = CodeOutline::Row;

constexpr uint64_t kAddress = 0x7F1234560000;

bool IsSameRow(const Row& a, const Row& b) {
  return a.offset_bytes == b.offset_bytes && a.kind == b.kind && a.reg == b.reg &&
         a.value == b.value;
}

bool IsSame(const CodeOutline& a, const CodeOutline& b) {
  return std::equal(a.rows.begin(), a.rows.end(), b.rows.begin(), b.rows.end(), IsSameRow) &&
         a.load_offset_bytes == b.load_offset_bytes && a.load_size_bytes == b.load_size_bytes &&
         a.callee_register == b.callee_register && a.call_offset_bytes == b.call_offset_bytes &&
         a.end_bytes == b.end_bytes && a.callee_bytes_offset == b.callee_bytes_offset &&
         a.callee_bytes_size == b.callee_bytes_size;
}

class KnownOutlinesTest : public testing::TestWithParam<TargetInfo> {
 protected:
  // Of code that stays in memory.
  testing::AssertionResult IsRightFor(CodeBytes code) {
    const CodeBytes& kept = codes_.emplace_back(std::move(code));
    const std::optional<CodeOutline> expected = Outline(target(), kept);
    const CodeOutline* const outline = known_.Of(kept);
    const bool is_right =
        outline == nullptr ? !expected.has_value() : expected && IsSame(*outline, *expected);
    return is_right ? testing::AssertionSuccess() : testing::AssertionFailure();
  }

  static Target target() { return GetParam().target; }

  std::deque<CodeBytes> codes_;
  KnownOutlines known_{target()};
};

INSTANTIATE_TEST_SUITE_P(Targets, KnownOutlinesTest, testing::ValuesIn(AllTargets()),
                         [](const testing::TestParamInfo<TargetInfo>& target) {
                           return std::to_string(static_cast<int>(target.param.target));
                         });

CodeBytes LinkedTo(uint64_t callee, const Trampoline& trampoline) {
  CodeBytes code = trampoline.code;
  Relocate(code.data(), code.size(), trampoline.relocation.callee_offset_bytes, callee);
  return code;
}

TEST_P(KnownOutlinesTest, ManySignaturesAndCallees) {
  SignatureGenerator generator(/*seed=*/6);
  for (int i = 0; i < 1000; ++i) {
    const Signature signature = generator.Next();
    const Trampoline trampoline = *Compile({signature, target()});
    for (const uint64_t callee : {uint64_t{0x1000}, ~uint64_t{0}, kAddress}) {
      ASSERT_TRUE(IsRightFor(LinkedTo(callee, trampoline))) << signature;
    }
    for (const int64_t distance : {0x100, 0x7FF0000, -0x7FF0000}) {
      const std::optional<CodeBytes> relaxed = Relax(trampoline, {kAddress, kAddress + distance});
      ASSERT_TRUE(relaxed.has_value()) << signature;
      ASSERT_TRUE(IsRightFor(*relaxed)) << signature;
    }
  }
}

TEST_P(KnownOutlinesTest, OneByteDiffers) {
  for (const char* const text : {"void()", "u32(u32,u32)", "u64(u64,buffer,f64,i8)"}) {
    const Trampoline trampoline = *Compile({*Signature::Parse(text), target()});
    for (const CodeBytes& code :
         {LinkedTo(kAddress, trampoline), *Relax(trampoline, {kAddress, kAddress + 0x100})}) {
      ASSERT_TRUE(IsRightFor(code)) << text;
      for (size_t offset = 0; offset < code.size(); ++offset) {
        for (int change = 1; change < 256; ++change) {
          CodeBytes changed = code;
          changed[offset] = static_cast<uint8_t>(changed[offset] ^ change);
          ASSERT_TRUE(IsRightFor(changed)) << text << " changed at " << offset << " by " << change;
          ASSERT_TRUE(IsRightFor(code)) << text;
        }
      }
    }
  }
}

}  // namespace
}  // namespace springboard
