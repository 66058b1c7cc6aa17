#include "client/arena/relaxation.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "client/arena/code_outline.h"
#include "client/verifier/verifier.h"
#include "compiler/compile.h"
#include "tests/support/signature_generator.h"

namespace springboard {
namespace {

constexpr uint64_t kAddress = 0x7F1234560000;
constexpr uint64_t kCallee = kAddress + 0x123450;

// Where the direct jump or call is, in bytes from the code's begin.
struct Jump {
  uint64_t begin;
  uint64_t end;
};

class RelaxationTest : public testing::TestWithParam<Target> {
 protected:
  static bool IsX64() { return Info(GetParam()).isa == Isa::kX64; }

  static Trampoline CompileFor(const char* signature) {
    return *Compile({*Signature::Parse(signature), GetParam()});
  }

  static std::optional<Rejection> VerifyIn(const Signature& signature, const CodeBytes& code,
                                           const CodePlace& place) {
    return Verify(signature, GetParam(), CallerProfile::kV8_10, {code, 0, 16, place});
  }

  static Jump JumpOf(const CodeBytes& relaxed) {
    const CodeOutline outline = *Outline(GetParam(), relaxed);
    const uint64_t size = IsX64() ? 5 : 4;
    const uint64_t begin = outline.call_offset_bytes.value_or(outline.end_bytes - size);
    return {begin, begin + size};
  }
};

INSTANTIATE_TEST_SUITE_P(Targets, RelaxationTest,
                         testing::Values(Target::kX64SystemV, Target::kX64Windows,
                                         Target::kA64Apple, Target::kA64Linux,
                                         Target::kA64Windows));

TEST_P(RelaxationTest, RandomSignaturesAreShorterAndProven) {
  SignatureGenerator generator(/*seed=*/7);
  for (int i = 0; i < 1000; ++i) {
    const Signature signature = generator.Next();
    const Trampoline trampoline = *Compile({signature, GetParam()});
    const std::optional<CodeBytes> relaxed = Relax(trampoline, {kAddress, kCallee});
    ASSERT_TRUE(relaxed.has_value()) << signature;
    ASSERT_EQ(VerifyIn(signature, *relaxed, {kAddress, kCallee}), std::nullopt) << signature;
    const size_t less = trampoline.code.size() - relaxed->size();
    // On AArch64 the slot goes, and what aligns it.
    if (IsX64()) {
      ASSERT_EQ(less, 7u) << signature;
    } else {
      ASSERT_TRUE(less == 12 || less == 16) << signature << ": " << less;
    }
  }
}

TEST_P(RelaxationTest, ElsewhereItIsNoTrampoline) {
  for (const char* const text : {"void()", "u32(u32,u32)", "u64(u64,f64,buffer)", "i8(i64,i8)"}) {
    const Signature signature = *Signature::Parse(text);
    const CodeBytes code = *Relax(CompileFor(text), {kAddress, kCallee});
    for (const CodePlace& place :
         {CodePlace{kAddress + 16, kCallee}, CodePlace{kAddress - 16, kCallee},
          CodePlace{kAddress, kCallee + 1}, CodePlace{kAddress, kCallee - 1},
          CodePlace{kAddress, kCallee + (uint64_t{1} << 32)}, CodePlace{kAddress, 0}}) {
      const std::optional<Rejection> rejection = VerifyIn(signature, code, place);
      ASSERT_TRUE(rejection.has_value()) << text;
      EXPECT_EQ(rejection->rule, VerifierRule::kNotTheCallee) << text << ": " << *rejection;
    }
    // Without a place nothing is known of where it goes.
    const std::optional<Rejection> anywhere =
        Verify(signature, GetParam(), CallerProfile::kV8_10, {code, 0, 16});
    EXPECT_TRUE(anywhere.has_value()) << text;
  }
}

TEST_P(RelaxationTest, EveryBitOfTheJumpMatters) {
  for (const char* const text : {"void()", "i32(i32)", "u64(u64,f64,buffer)"}) {
    const Signature signature = *Signature::Parse(text);
    const CodeBytes code = *Relax(CompileFor(text), {kAddress, kCallee});
    const Jump jump = JumpOf(code);
    for (size_t bit = 8 * jump.begin; bit < 8 * jump.end; ++bit) {
      CodeBytes flipped = code;
      flipped[bit / 8] = static_cast<uint8_t>(flipped[bit / 8] ^ 1 << bit % 8);
      EXPECT_TRUE(VerifyIn(signature, flipped, {kAddress, kCallee}).has_value())
          << text << ": bit " << bit;
    }
  }
}

TEST_P(RelaxationTest, CodeThatIsNotRelaxedHasNoPlace) {
  const Signature signature = *Signature::Parse("void(u64)");
  const std::optional<Rejection> rejection =
      VerifyIn(signature, CompileFor("void(u64)").code, {kAddress, kCallee});
  ASSERT_TRUE(rejection.has_value());
  EXPECT_EQ(rejection->rule, VerifierRule::kCalleeSlot);
}

TEST_P(RelaxationTest, AnUnalignedPlaceIsRefused) {
  const Signature signature = *Signature::Parse("void()");
  const CodePlace place = {kAddress + 4, kCallee};
  const std::optional<CodeBytes> code = Relax(CompileFor("void()"), place);
  ASSERT_TRUE(code.has_value());
  const std::optional<Rejection> rejection = VerifyIn(signature, *code, place);
  ASSERT_TRUE(rejection.has_value());
  EXPECT_EQ(rejection->rule, VerifierRule::kAlignment);
}

TEST_P(RelaxationTest, ReachesSoFarAndNoFurther) {
  const Trampoline trampoline = CompileFor("void()");
  const Signature signature = *Signature::Parse("void()");
  const Jump jump = JumpOf(*Relax(trampoline, {kAddress, kCallee}));
  const uint64_t reach = DirectReachBytes(GetParam());
  // x86-64 counts from the end of the jump, AArch64 in words from its begin.
  const uint64_t from = kAddress + (IsX64() ? jump.end : jump.begin);
  const uint64_t step = IsX64() ? 1 : 4;
  for (const uint64_t callee : {from - reach, from + reach - step}) {
    const std::optional<CodeBytes> code = Relax(trampoline, {kAddress, callee});
    ASSERT_TRUE(code.has_value()) << callee;
    EXPECT_EQ(VerifyIn(signature, *code, {kAddress, callee}), std::nullopt);
  }
  for (const uint64_t callee : {from - reach - step, from + reach, uint64_t{0}, ~uint64_t{0}}) {
    EXPECT_FALSE(Relax(trampoline, {kAddress, callee}).has_value()) << callee;
  }
  EXPECT_EQ(Relax(trampoline, {kAddress, kCallee + 2}).has_value(), IsX64());
}

TEST_P(RelaxationTest, WhatIsNoTrampolineIsNotRelaxed) {
  Trampoline trampoline = CompileFor("u32(u32,u32)");
  const CodeBytes whole = trampoline.code;
  trampoline.code.clear();
  EXPECT_FALSE(Relax(trampoline, {kAddress, kCallee}).has_value()) << "no code";
  trampoline.code.assign(whole.begin(), whole.begin() + 4);
  EXPECT_FALSE(Relax(trampoline, {kAddress, kCallee}).has_value()) << "cut off";
  trampoline.code.assign(whole.size(), 0xFF);
  EXPECT_FALSE(Relax(trampoline, {kAddress, kCallee}).has_value()) << "no instructions";
  trampoline.code = whole;
  trampoline.code = *Relax(trampoline, {kAddress, kCallee});
  EXPECT_FALSE(Relax(trampoline, {kAddress, kCallee}).has_value()) << "relaxed already";
}

}  // namespace
}  // namespace springboard
