// That the search can fail: with runners made for it, and with trampolines that are wrong for every
// real runner.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "compiler/compile.h"
#include "tests/conformance/emulated_runner.h"
#include "tests/conformance/program/program_runner.h"
#include "tests/conformance/runner.h"

namespace springboard {
namespace {

using testing::HasSubstr;

size_t Floats(const Signature& signature) {
  return static_cast<size_t>(
      std::count(signature.parameters().begin(), signature.parameters().end(), NativeType::kF32));
}

Signature Parse(const std::string& text) { return *Signature::Parse(text); }

class FakeRunner final : public Runner {
 public:
  using Function =
      std::function<absl::StatusOr<std::vector<WrongTrampoline>>(absl::Span<const Signature>)>;
  explicit FakeRunner(Function run) : run_(std::move(run)) {}

  std::string name() const override { return "fake"; }
  Target target() const override { return Target::kA64Apple; }
  absl::StatusOr<std::vector<WrongTrampoline>> Run(absl::Span<const Signature> signatures,
                                                   uint64_t /*seed*/) const override {
    return run_(signatures);
  }

 private:
  const Function run_;
};

// Wrong for signatures with two floats.
absl::StatusOr<std::vector<WrongTrampoline>> FailOnTwoFloats(
    absl::Span<const Signature> signatures) {
  std::vector<WrongTrampoline> wrong;
  for (size_t i = 0; i < signatures.size(); ++i) {
    if (Floats(signatures[i]) >= 2) wrong.push_back({i, "two floats"});
  }
  return wrong;
}

TEST(ExamineTest, ShrinksAndShowsTheCommand) {
  const std::vector<Signature> signatures = {Parse("void()"), Parse("u8(f32,i16,f32,buffer)")};
  const auto result = Examine(FakeRunner(FailOnTwoFloats), signatures, 1);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->cases, 2u);
  EXPECT_EQ(result->failures, 1u);
  ASSERT_EQ(result->shown.size(), 1u);
  EXPECT_EQ(result->shown[0].problem, "two floats");
  EXPECT_EQ(result->shown[0].command,
            "springboard compile --format=asm --target=aarch64-apple --signature='void(f32,f32)'");
}

TEST(ExamineTest, CountsEveryFailureAndShowsSome) {
  const std::vector<Signature> signatures(1200, Parse("void(f32,f32)"));
  const auto result = Examine(FakeRunner(FailOnTwoFloats), signatures, 1);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->cases, 1200u);
  EXPECT_EQ(result->failures, 1200u);
  EXPECT_EQ(result->shown.size(), 3u);
}

TEST(ExamineTest, ARunnersErrorIsNoFailureOfATrampoline) {
  const FakeRunner broken([](auto) { return absl::InternalError("disk full"); });
  EXPECT_EQ(Examine(broken, {Parse("void()")}, 1).status().message(), "disk full");
  // Nor does shrinking follow it.
  int runs = 0;
  const FakeRunner breaks(
      [&](absl::Span<const Signature> signatures) -> absl::StatusOr<std::vector<WrongTrampoline>> {
        if (++runs > 2) return absl::InternalError("disk full");
        return FailOnTwoFloats(signatures);
      });
  const auto result = Examine(breaks, {Parse("u8(f32,i16,f32)")}, 1);
  ASSERT_TRUE(result.ok());
  ASSERT_EQ(result->shown.size(), 1u);
  EXPECT_EQ(result->shown[0].smallest, Parse("u8(f32,i16,f32)"));
}

TEST(ExamineTest, SaysWhereAFailureNeedsTheOthers) {
  const FakeRunner runner([](absl::Span<const Signature> signatures) {
    return signatures.size() > 1 ? FailOnTwoFloats(signatures) : std::vector<WrongTrampoline>();
  });
  const auto result = Examine(runner, {Parse("void()"), Parse("u8(f32,f32)")}, 1);
  ASSERT_TRUE(result.ok());
  ASSERT_EQ(result->shown.size(), 1u);
  EXPECT_THAT(result->shown[0].problem, HasSubstr("not when it is run alone"));
}

// A compiler that takes one signature for another.
struct Mistake {
  std::string asked;
  std::string compiled;
  std::string noticed;
};

const std::vector<Mistake>& Mistakes() {
  static const std::vector<Mistake> mistakes = {
      // The stacked arguments of every convention, and one that is lost.
      {"void(u64,u64,u64,u64,u64,u64,u64,u64,u64,u64)", "void(u64,u64,u64,u64,u64,u64,u64,u64,u64)",
       "argument 9"},
      {"void(u64,u32)", "void(u32,u64)", "argument 0"},
      {"void(buffer)", "void(pointer)", "argument 0"},
      {"i16()", "u16()", "result"},
      {"u64()", "void()", "out array"},
  };
  return mistakes;
}

void ExpectNoticed(const std::function<std::unique_ptr<const Runner>(CompileFunction)>& make) {
  for (const Mistake& mistake : Mistakes()) {
    const auto runner = make([&](const CompileRequest& request) {
      return Compile({Parse(mistake.compiled), request.target, request.profile});
    });
    // Apple's functions extend results themselves: there is no mistake to make.
    if (mistake.noticed == "result" && runner->target() == Target::kA64Apple) continue;
    SCOPED_TRACE(absl::StrCat(runner->name(), " on ", Info(runner->target()).name, ": ",
                              mistake.asked, " compiled as ", mistake.compiled));
    // Some values hide a mistake: a result that is not negative has no sign to lose.
    std::string problem;
    for (uint64_t seed = 1; seed < 20 && problem.empty(); ++seed) {
      const auto wrong = runner->Run({Parse(mistake.asked)}, seed);
      ASSERT_TRUE(wrong.ok()) << wrong.status();
      if (!wrong->empty()) problem = wrong->front().problem;
    }
    EXPECT_THAT(problem, HasSubstr(mistake.noticed));
  }
}

TEST(ExamineTest, EveryEmulatedRunnerNoticesMistakes) {
  for (const OracleCompiler& compiler : OracleCompilers()) {
    ExpectNoticed([&](CompileFunction compile) {
      return std::make_unique<EmulatedRunner>(compiler, std::move(compile));
    });
  }
}

TEST(ExamineTest, EveryProgramNoticesMistakes) {
  for (const ProgramSystem& system : ProgramSystems()) {
    ExpectNoticed(
        [&](CompileFunction compile) { return MakeProgramRunner(system, std::move(compile)); });
  }
}

// Clang's functions read a narrow argument as its caller extended it.
TEST(ExamineTest, ClangsFunctionsNoticeAMissingExtension) {
  for (const ProgramSystem& system : ProgramSystems()) {
    if (system.name != "native, clang") continue;
    const auto runner = MakeProgramRunner(system, [](const CompileRequest& request) {
      return Compile({Parse("void(u8,u8,u8,u8)"), request.target});
    });
    const auto wrong = runner->Run({Parse("void(i8,i8,i8,i8)")}, 1);
    ASSERT_TRUE(wrong.ok()) << wrong.status();
    ASSERT_EQ(wrong->size(), 1u);
    EXPECT_THAT((*wrong)[0].problem, HasSubstr("as an int"));
  }
}

}  // namespace
}  // namespace springboard
