// Functions of objects do what their trampolines do, on every target: instruction by instruction
// the same, and executed behind what a linker would do to them.

#include "client/object/make_object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <regex>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/arena/code_outline.h"
#include "client/cli/disassembler.h"
#include "compiler/compile.h"
#include "compiler/error_details.h"
#include "tests/conformance/emulator.h"
#include "tests/support/signature_generator.h"

namespace springboard {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

constexpr size_t kSlotBytes = 8;

std::vector<DisassembledInstruction> Listing(const Trampoline& trampoline) {
  const auto listing = Disassemble(trampoline);
  EXPECT_TRUE(listing.ok()) << listing.status();
  return listing.ok() ? *listing : std::vector<DisassembledInstruction>();
}

// The function's instructions, by way of a trampoline that has a slot behind them.
std::vector<DisassembledInstruction> Listing(const ObjectFunction& function, Target target) {
  Trampoline trampoline = {};
  trampoline.target = target;
  trampoline.code = function.code;
  trampoline.code.resize(function.code.size() + kSlotBytes);
  trampoline.relocation.callee_offset_bytes = static_cast<uint32_t>(function.code.size());
  std::vector<DisassembledInstruction> listing = Listing(trampoline);
  if (!listing.empty()) listing.pop_back();
  return listing;
}

// Instructions, each with the rows that hold behind it, without those that `is_dropped` says.
template <typename IsDropped>
std::vector<std::string> Texts(const std::vector<DisassembledInstruction>& listing, size_t size,
                               const absl::InlinedVector<CodeOutline::Row, 8>& rows,
                               const IsDropped& is_dropped) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < listing.size(); ++i) {
    const DisassembledInstruction& one = listing[i];
    if (is_dropped(one)) continue;
    const size_t end = i + 1 < listing.size() ? listing[i + 1].offset_bytes : size;
    std::string text = one.text;
    for (const CodeOutline::Row& row : rows) {
      if (row.offset_bytes != end) continue;
      absl::StrAppend(&text, " | ", static_cast<int>(row.kind), " ", row.reg, " ", row.value);
    }
    texts.push_back(text);
  }
  return texts;
}

// What the function has not: the load, the branch through a register and the slot.
bool IsOfTrampolineOnly(const DisassembledInstruction& one) {
  static const std::regex* const pattern =
      new std::regex("movabs .*|(jmp|call) rax|ldr x16, #.*|bl?r x16|\\.quad.*");
  return std::regex_match(one.text, *pattern);
}

bool IsX64(Target target) { return Info(target).isa == Isa::kX64; }

// What a linker does where the callee is out of range: the branch goes to a veneer, which goes to
// the callee. Gives the place of the callee's address.
uint32_t LinkWithVeneer(const ObjectFunction& function, Target target, std::vector<uint8_t>& code) {
  code.assign(function.code.begin(), function.code.end());
  const auto distance = static_cast<uint32_t>(code.size() - function.branch_offset_bytes);
  const auto put = [&code](size_t offset, uint32_t value) {
    std::memcpy(&code[offset], &value, sizeof(value));
  };
  if (IsX64(target)) {
    put(function.branch_offset_bytes + 1, distance - 5);
    for (const int byte : {0x48, 0xB8}) code.push_back(static_cast<uint8_t>(byte));
  } else {
    const bool is_tail_call = function.is_tail_call;
    put(function.branch_offset_bytes, (is_tail_call ? 0x14000000 : 0x94000000) | distance / 4);
    code.resize(code.size() + 8);
    put(code.size() - 8, 0x58000050);  // ldr x16, .+8
    put(code.size() - 4, 0xD61F0200);  // br x16
  }
  const auto slot = static_cast<uint32_t>(code.size());
  code.resize(code.size() + kSlotBytes);
  if (IsX64(target)) {
    for (const int byte : {0xFF, 0xE0}) code.push_back(static_cast<uint8_t>(byte));  // jmp rax
  }
  return slot;
}

class MakeObjectTest : public testing::TestWithParam<Target> {};

TEST_P(MakeObjectTest, IsTheTrampolineWithADirectBranch) {
  SignatureGenerator generator(/*seed=*/9);
  for (int i = 0; i < 1500; ++i) {
    const Signature signature = generator.Next();
    SCOPED_TRACE(signature.ToString());
    const Trampoline trampoline = *Compile({signature, GetParam()});
    for (const Landing landing : {Landing::kNone, Landing::kPad}) {
      const auto function = MakeObjectFunction(trampoline, "__springboard_f", "f", landing);
      ASSERT_TRUE(function.ok()) << function.status();
      EXPECT_EQ(function->name, "__springboard_f");
      EXPECT_EQ(function->callee, "f");
      EXPECT_EQ(function->is_tail_call, trampoline.is_tail_call);
      EXPECT_EQ(function->alignment_bytes, trampoline.alignment_bytes);

      const std::vector<DisassembledInstruction> listing = Listing(*function, GetParam());
      ASSERT_FALSE(listing.empty());
      const bool has_pad = landing == Landing::kPad;
      if (has_pad) {
        EXPECT_THAT(listing[0].text, AnyOf("endbr64", "bti c", "hint #0x22"));
      }
      const auto wanted = Texts(Listing(trampoline), trampoline.code.size(),
                                Outline(GetParam(), trampoline.code)->rows, IsOfTrampolineOnly);
      std::string branch;
      const auto got = Texts(
          listing, function->code.size(), function->rows, [&](const DisassembledInstruction& one) {
            const bool is_branch = one.offset_bytes == function->branch_offset_bytes;
            if (is_branch) branch = one.text;
            return is_branch || (has_pad && one.offset_bytes == 0);
          });
      EXPECT_THAT(branch, testing::MatchesRegex(function->is_tail_call ? "(jmp |b #)[0-9a-fx]+"
                                                                       : "(call |bl #)[0-9a-fx]+"));
      ASSERT_EQ(got, wanted);
    }
  }
}

TEST_P(MakeObjectTest, DoesWhatItsSignatureAsks) {
  Emulator emulator(GetParam());
  SignatureGenerator generator(/*seed=*/10);
  for (int i = 0; i < 1500; ++i) {
    const Signature signature = generator.Next();
    const Landing landing = i % 2 == 0 ? Landing::kNone : Landing::kPad;
    const auto function = MakeObjectFunction(*Compile({signature, GetParam()}), "t", "f", landing);
    ASSERT_TRUE(function.ok()) << function.status();
    std::vector<uint8_t> code;
    const uint32_t slot = LinkWithVeneer(*function, GetParam(), code);
    ASSERT_EQ(emulator.Run(signature, code, slot), "") << signature;
  }
}

// Every byte changed: an error or a function, of which nothing is outside.
TEST_P(MakeObjectTest, CodeThatIsNotAsExpectedIsAnError) {
  int errors = 0;
  for (const char* const text : {"f64(f64,f64)", "i64(u8,buffer,f32)"}) {
    const Trampoline good = *Compile({*Signature::Parse(text), GetParam()});
    for (size_t i = 0; i < good.code.size(); ++i) {
      for (int bit = 0; bit < 8; ++bit) {
        Trampoline bad = good;
        bad.code[i] = static_cast<uint8_t>(bad.code[i] ^ 1 << bit);
        const auto function = MakeObjectFunction(bad, "t", "f", Landing::kNone);
        if (function.ok()) {
          EXPECT_LT(function->branch_offset_bytes, function->code.size());
          for (const auto& row : function->rows) {
            EXPECT_LE(row.offset_bytes, function->code.size());
          }
          continue;
        }
        ++errors;
        EXPECT_EQ(GetErrorDetails(function.status())->reason, reason::kMalformedCode);
      }
    }
    for (size_t size = 0; size + kSlotBytes < good.code.size(); ++size) {
      Trampoline bad = good;
      bad.code.resize(size);
      EXPECT_FALSE(MakeObjectFunction(bad, "t", "f", Landing::kNone).ok()) << size;
    }
    Trampoline other = good;
    other.is_tail_call = !other.is_tail_call;
    EXPECT_THAT(std::string(MakeObjectFunction(other, "t", "f", Landing::kNone).status().message()),
                HasSubstr("to the callee behind the load of its address; got none"));
    other = good;
    other.relocation.callee_offset_bytes = 0;
    EXPECT_THAT(
        std::string(MakeObjectFunction(other, "t", "f", Landing::kNone).status().message()),
        HasSubstr("one instruction loads the callee's address from its slot at 0; got none"));
  }
  EXPECT_GT(errors, 100);
}

INSTANTIATE_TEST_SUITE_P(Targets, MakeObjectTest,
                         testing::Values(Target::kX64SystemV, Target::kX64Windows,
                                         Target::kA64Apple, Target::kA64Linux,
                                         Target::kA64Windows));

}  // namespace
}  // namespace springboard
