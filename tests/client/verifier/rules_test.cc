// Each rule of the verifier, broken by code made for it.

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/verifier/verifier.h"
#include "tests/client/verifier/hex_case.h"
#include "tests/support/files.h"

namespace springboard::verifier_test {
namespace {

const std::vector<HexCase>& Cases() {
  using Rule = VerifierRule;
  static const std::vector<HexCase> cases = {
      {Rule::kCalleeSlot, "outside", kSystemV, "void(u64)", "4889f7" + Jump(), 8, 8},
      {Rule::kCalleeSlot, "far outside", kSystemV, "void(u64)", "4889f7" + Jump(), 0xFFFFFFFF, 15},
      {Rule::kCalleeSlot, "not zero", kSystemV, "void(u64)", "4889f748b80000000000000001ffe0", 5,
       5},
      {Rule::kCalleeSlot, "where no instruction reads it", kSystemV, "void(u64)",
       absl::StrCat("4889f7", "49ba", kZeros, Jump()), 15, 3},
      {Rule::kUnknownInstruction, "int3", kSystemV, "void(u64)", "cc4889f7" + Jump(), 6, 0},
      {Rule::kUnknownInstruction, "a prefix that changes nothing", kSystemV, "void(u64)",
       "2e4889f7" + Jump(), 6, 0},
      {Rule::kUnknownInstruction, "a system call", kSystemV, "void(u64)", "4889f70f05" + Jump(), 7,
       3},
      {Rule::kUnknownInstruction, "cut off", kSystemV, "void(u64)",
       absl::StrCat("4889f748b8", kZeros, "ff"), 5, 13},
      {Rule::kUnknownInstruction, "svc", kLinuxArm, "void(u64)",
       Words({0xAA0103E0, 0xD4000001, 0x58000050, 0xD61F0200}) + kZeros, 16, 4},
      {Rule::kUnaccountedBytes, "behind the jump", kSystemV, "void(u64)",
       absl::StrCat("4889f7", Jump(), "90"), 5, 15},
      {Rule::kUnaccountedBytes, "between jump and slot", kLinuxArm, "void(u64)",
       Words({0xAA0103E0, 0x58000070, 0xD61F0200, 0xD503201F}) + kZeros, 16, 12},
      {Rule::kNoTransfer, "the end comes first", kSystemV, "void(u64)",
       absl::StrCat("4889f7", "48b8", kZeros), 5, 13},
      {Rule::kNoTransfer, "longer than any trampoline", kSystemV, "void(u64)",
       absl::StrCat(Repeated("89c0", 0x8000), "4889f7", Jump()), 0x10005, 0x10000},
      {Rule::kNoTransfer, "a return comes first", kSystemV, "void(u64)",
       absl::StrCat("4889f7", "48b8", kZeros, "c3"), 5, 13},
      {Rule::kSecondTransfer, "two calls", kSystemV, "void(u64)",
       absl::StrCat("4883ec08", "4889f7", Call(), "ffd0", "4883c408", "c3"), 9, 19},
      {Rule::kSecondTransfer, "a jump after the call", kSystemV, "void(u64)",
       absl::StrCat("4883ec08", "4889f7", Call(), "ffe0"), 9, 19},
      {Rule::kNotTheCallee, "through an argument", kSystemV, "void(u64)",
       absl::StrCat("4889f7", "48b8", kZeros, "ffe6"), 5, 13},
      {Rule::kNotTheCallee, "through half of the address", kSystemV, "void(u64)",
       absl::StrCat("4889f7", "48b8", kZeros, "89c0", "ffe0"), 5, 15},
      {Rule::kNotTheCallee, "through x8, which faults on a landing pad", kLinuxArm, "void(u64)",
       Words({0xAA0103E0, 0x58000048, 0xD61F0100}) + kZeros, 12, 8},
      {Rule::kStackPointer, "raised above the caller's", kSystemV, "void(u64)",
       absl::StrCat("4883c408", "4889f7", Jump()), 9, 0},
      {Rule::kStackPointer, "not restored", kSystemV, "void(u64)",
       absl::StrCat("4883ec10", "4889f7", Jump()), 9, 17},
      {Rule::kStackPointer, "deeper than a guard page", kSystemV, "void(u64)",
       absl::StrCat("4881ec08100000", "4889f7", Call(), "4881c408100000", "c3"), 12, 0},
      {Rule::kStackAlignment, "a call without a frame", kSystemV, "void(u64)",
       absl::StrCat("4889f7", Call(), "c3"), 5, 13},
      {Rule::kOutgoingArea, "no shadow space", kWindows, "void(u64)",
       absl::StrCat("4883ec08", "4889d1", Call(), "4883c408", "c3"), 9, 17},
      {Rule::kRead, "the return address", kSystemV, "void(u64)", absl::StrCat("488b3c24", Jump()),
       6, 0},
      {Rule::kRead, "through a number that V8 passed", kSystemV, "void(u64)",
       absl::StrCat("488b7e08", Jump()), 6, 0},
      {Rule::kRead, "an array's length", kSystemV, "void(buffer)", absl::StrCat("488b7e00", Jump()),
       6, 0},
      {Rule::kRead, "through the receiver", kSystemV, "void(u64)", absl::StrCat("488b7f08", Jump()),
       6, 0},
      {Rule::kRead, "behind the arguments", kLinuxArm, "void(u64)",
       Words({0xF94003E0, 0x58000050, 0xD61F0200}) + kZeros, 12, 0},
      {Rule::kRead, "below the stack pointer", kSystemV, "void(u64)",
       absl::StrCat("488b7c24f8", Jump()), 7, 0},
      {Rule::kWrite, "below the stack pointer", kSystemV, "void(u64)",
       absl::StrCat("48897c24f8", "4889f7", Jump()), 10, 0},
      {Rule::kWrite, "the return address", kSystemV, "void(u64)",
       absl::StrCat("48893424", "4889f7", Jump()), 9, 0},
      {Rule::kWrite, "through an argument", kSystemV, "void(buffer)",
       absl::StrCat("488b7e08", "48893f", Jump()), 9, 4},
      {Rule::kWrite, "beside the out array's data", kSystemV, "u64()",
       absl::StrCat("53", "488b5e08", "31ff", Call(), "48894308", "5b", "c3"), 9, 19},
      {Rule::kWrite, "an argument of V8's, before a call", kSystemV,
       "void(u64,u64,u64,u64,u64,u64)",
       absl::StrCat("4883ec08", "48895c2410", "4889f7", "4889d6", "4889ca", "4c89c1", "4d89c8",
                    "4c8b4c2410", Call(), "4883c408", "c3"),
       31, 39},
      {Rule::kWrite, "an argument of V8's, after a call", kSystemV, "u8(u64,u64,u64,u64,u64,u64)",
       absl::StrCat("4883ec08", "4889f7", "4889d6", "4889ca", "4c89c1", "4d89c8", "4c8b4c2410",
                    Call(), "48895c2410", "0fb6c0", "4883c408", "c3"),
       26, 36},
      {Rule::kSavedRegister, "rbx", kSystemV, "void(u64)", absl::StrCat("4889f3", "4889f7", Jump()),
       8, 16},
      {Rule::kSavedRegister, "xmm6", kWindows, "void(f64)",
       absl::StrCat("0f28f1", "0f28c1", "31c9", Jump()), 10, 0},
      {Rule::kSavedRegister, "x18", kApple, "void(u64)",
       Words({0xAA0103F2, 0xAA0103E0, 0x58000050, 0xD61F0200}) + kZeros, 16, 0},
      {Rule::kReturnAddress, "the link register lost", kLinuxArm, "u8()",
       Words({0xA9BF7BFD, 0x910003FD, 0xAA1F03E0, 0x580000B0, 0xD63F0200, 0x12001C00, 0xD65F03C0,
              0xD65F03C0}) +
           kZeros,
       32, 24},
      {Rule::kFrameRecord, "x29 not set", kLinuxArm, "u8()",
       Words({0xA9BF7BFD, 0xAA1F03E0, 0x580000B0, 0xD63F0200, 0x12001C00, 0xA8C17BFD, 0xD65F03C0}) +
           kZeros,
       28, 12},
      {Rule::kWrongArgument, "not moved", kSystemV, "void(u64)", Jump(), 2, 10, 0},
      {Rule::kWrongArgument, "not extended", kSystemV, "void(u64,u8)",
       absl::StrCat("4889f7", "89d6", Jump()), 7, 15, 1},
      {Rule::kWrongArgument, "extended by the wrong sign", kSystemV, "void(i8)",
       absl::StrCat("400fb6fe", Jump()), 6, 14, 0},
      {Rule::kWrongArgument, "cut to 32 bits", kSystemV, "void(u64)", absl::StrCat("89f7", Jump()),
       4, 12, 0},
      {Rule::kWrongArgument, "an array and not its data", kSystemV, "void(buffer)",
       absl::StrCat("4889f7", Jump()), 5, 13, 0},
      {Rule::kReceiver, "left in rdi", kSystemV, "void(f64)", Jump(), 2, 10},
      {Rule::kReceiver, "its low half left", kSystemV, "void(f64)", absl::StrCat("89ff", Jump()), 4,
       12},
      {Rule::kReceiver, "copied into r9", kSystemV, "void(u64)",
       absl::StrCat("4989f9", "4889f7", Jump()), 8, 16},
      {Rule::kReceiver, "its upper half left, by way of the stack", kSystemV, "void(f64)",
       absl::StrCat("57", "8b7c2404", Call(), "58", "c3"), 7, 15},
      {Rule::kReceiver, "written to the stack in two pieces", kSystemV, "void(f64)",
       absl::StrCat("57", "893c24", "488b3c24", Call(), "58", "c3"), 10, 18},
      {Rule::kReceiver, "its low byte extended twice", kSystemV, "void(f64)",
       absl::StrCat("400fb6ff", "0fb7ff", Jump()), 9, 17},
      {Rule::kReceiver, "a copy that V8 may have in rbx", kSystemV, "void(f64)",
       absl::StrCat("4889df", Jump()), 5, 13},
      {Rule::kReceiver, "V8's return address", kLinuxArm, "void(f64)",
       Words({0xAA1E03E0, 0x58000050, 0xD61F0200}) + kZeros, 12, 8},
      {Rule::kReceiver, "the callee's own address", kSystemV, "void(u64)",
       absl::StrCat("4889f7", "48b8", kZeros, "4889c6", "ffe0"), 5, 16},
      {Rule::kReceiver, "an address of the stack", kLinuxArm, "u8(f64)",
       Words({0xA9BF7BFD, 0x910003FD, 0xAA1D03E0, 0x580000B0, 0xD63F0200, 0x12001C00, 0xA8C17BFD,
              0xD65F03C0}) +
           kZeros,
       32, 16},
      {Rule::kWrongResult, "a narrow result as it came", kSystemV, "u8()",
       absl::StrCat("31ff", Jump()), 4, 12},
      {Rule::kWrongResult, "extended from another width", kSystemV, "u16()",
       absl::StrCat("50", "31ff", Call(), "0fb6c0", "4883c408", "c3"), 5, 22},
      {Rule::kOutArray, "the result not stored", kSystemV, "u64()", absl::StrCat("31ff", Jump()), 4,
       12},
      {Rule::kOutArray, "half of the result stored", kSystemV, "u64()",
       absl::StrCat("53", "488b5e08", "31ff", Call(), "8903", "5b", "c3"), 9, 19},
      {Rule::kOutArray, "stored twice", kSystemV, "u64()",
       absl::StrCat("53", "488b5e08", "31ff", Call(), "488903", "488903", "5b", "c3"), 9, 22},
  };
  return cases;
}

TEST(RulesTest, EachIsFoundWhereItIsBroken) {
  for (const HexCase& one : Cases()) {
    SCOPED_TRACE(testing::Message() << one << ", " << one.hex.substr(0, 400));
    const std::optional<Rejection> rejection = VerifyHex(one);
    ASSERT_TRUE(rejection.has_value());
    EXPECT_EQ(Name(rejection->rule), Name(one.rule)) << *rejection;
    EXPECT_EQ(rejection->offset_bytes, one.offset_bytes) << *rejection;
    EXPECT_EQ(rejection->argument, one.argument) << *rejection;
  }
}

TEST(RulesTest, AlignmentAndTarget) {
  const HexCase good = {VerifierRule::kAlignment,
                        "",
                        kLinuxArm,
                        "void(u64)",
                        Words({0xAA0103E0, 0x58000050, 0xD61F0200}) + kZeros,
                        12,
                        0};
  EXPECT_EQ(VerifyHex(good), std::nullopt);
  for (const uint32_t alignment : {0u, 1u, 2u, 3u, 24u, 8192u, 0x80000000u}) {
    const std::optional<Rejection> rejection = VerifyHex(good, alignment);
    ASSERT_TRUE(rejection.has_value()) << alignment;
    EXPECT_EQ(rejection->rule, VerifierRule::kAlignment);
  }
  HexCase unknown = good;
  unknown.target = static_cast<Target>(9);
  const std::optional<Rejection> rejection = VerifyHex(unknown);
  ASSERT_TRUE(rejection.has_value());
  EXPECT_EQ(rejection->rule, VerifierRule::kUnknownTarget);
}

TEST(RulesTest, EveryRuleHasACase) {
  std::set<std::string> broken = {"ALIGNMENT", "UNKNOWN_TARGET"};
  for (const HexCase& one : Cases()) broken.insert(std::string(Name(one.rule)));
  for (int rule = 0; rule <= static_cast<int>(VerifierRule::kOutArray); ++rule) {
    const auto name = std::string(Name(static_cast<VerifierRule>(rule)));
    EXPECT_EQ(broken.count(name), 1u) << name;
  }
}

// The table of rules in docs/security.md: each rule, and for each its cases.
TEST(RulesTest, TheSecurityDocumentNamesEveryRuleAndItsCases) {
  std::map<std::string, std::string> documented;
  const std::string document = ReadFile("docs/security.md");
  const std::regex pattern("\n\\| `([A-Z_]+)` \\|.*\\| ([^|]*) \\|(?=\n)");
  for (std::sregex_iterator match(document.begin(), document.end(), pattern), end; match != end;
       ++match) {
    EXPECT_TRUE(documented.emplace((*match)[1], (*match)[2]).second) << (*match)[1];
  }
  std::map<std::string, std::string> tested = {{"ALIGNMENT", "`AlignmentAndTarget`"},
                                               {"UNKNOWN_TARGET", "`AlignmentAndTarget`"}};
  for (const HexCase& one : Cases()) {
    std::string& names = tested[std::string(Name(one.rule))];
    absl::StrAppend(&names, names.empty() ? "" : "; ", one.what);
  }
  EXPECT_EQ(documented, tested);
}

// Other code than the compiler's may be right too.
TEST(RulesTest, AcceptsRightCodeThatTheCompilerDoesNotEmit) {
  const std::vector<HexCase> cases = {
      {VerifierRule::kWrite, "a frame for a tail call's signature", kSystemV, "void(u64)",
       absl::StrCat("4883ec08", "4889f7", Call(), "4883c408", "c3"), 9, 0},
      {VerifierRule::kWrite, "a larger frame", kSystemV, "void(u64)",
       absl::StrCat("4881ec88000000", "4889f7", Call(), "4881c488000000", "c3"), 12, 0},
      {VerifierRule::kWrite, "the callee in r11", kSystemV, "void(u64)",
       absl::StrCat("4889f7", "49bb", kZeros, "41ffe3"), 5, 0},
      {VerifierRule::kWrite, "an argument by way of the stack", kSystemV, "void(u64)",
       absl::StrCat("56", "488b3c24", Call(), "58", "c3"), 7, 0},
  };
  for (const HexCase& one : cases) EXPECT_EQ(VerifyHex(one), std::nullopt) << one.what;
}

}  // namespace
}  // namespace springboard::verifier_test
