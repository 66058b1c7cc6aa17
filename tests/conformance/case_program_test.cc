#include "tests/conformance/case_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace springboard {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

MATCHER_P2(IsWrong, index, problem, "") {
  return arg.index == static_cast<size_t>(index) &&
         testing::ExplainMatchResult(problem, arg.problem, result_listener);
}

// A shell script whose $0 is the first index to run.
absl::StatusOr<std::vector<WrongTrampoline>> RunScript(const std::string& script, size_t count) {
  return RunCaseProgram({"/bin/sh", "-c", script}, "", count);
}

TEST(CaseProgramTest, ReportsWhatIsWrong) {
  const auto wrong =
      RunScript("echo begin 0; echo begin 1; echo wrong 1 so it is; echo begin 2; echo done", 3);
  ASSERT_TRUE(wrong.ok()) << wrong.status();
  EXPECT_THAT(*wrong, ElementsAre(IsWrong(1, "so it is")));
}

TEST(CaseProgramTest, GoesOnBehindACaseThatEndsTheProgram) {
  const auto wrong = RunScript(
      "for i in $(seq $0 4); do echo begin $i; if [ $i = 2 ]; then kill -SEGV $$; fi; done; "
      "echo done",
      5);
  ASSERT_TRUE(wrong.ok()) << wrong.status();
  EXPECT_THAT(*wrong, ElementsAre(IsWrong(2, HasSubstr("ended in this call"))));
}

TEST(CaseProgramTest, ACaseThatIsWrongAndEndsTheProgramCountsOnce) {
  const auto wrong = RunScript(
      "if [ $0 = 0 ]; then echo begin 0; echo wrong 0 both; exit 1; fi; echo begin 1; echo done",
      2);
  ASSERT_TRUE(wrong.ok()) << wrong.status();
  EXPECT_THAT(*wrong, ElementsAre(IsWrong(0, "both")));
}

TEST(CaseProgramTest, MissingCasesAreNoSuccess) {
  EXPECT_FALSE(RunScript("echo done", 1).ok());
  EXPECT_FALSE(RunScript("echo cannot start >&2; exit 1", 1).ok());
  EXPECT_FALSE(RunScript("echo begin 0; echo done", 2).ok());
}

TEST(CaseProgramTest, OnlyTheCaseThatRunsCanBeWrong) {
  for (const char* line : {"wrong 99999999 x", "wrong x", "wrong 0 x; echo wrong 1 y"}) {
    SCOPED_TRACE(line);
    EXPECT_FALSE(RunScript(std::string("echo begin 0; echo begin 1; echo ") + line, 2).ok());
  }
  EXPECT_FALSE(RunScript("echo begin 7; echo done", 8).ok());
}

TEST(CaseProgramTest, StopsWhereCaseAfterCaseEndsTheProgram) {
  const auto wrong = RunScript("echo begin $0; exit 3", 100);
  ASSERT_TRUE(wrong.ok()) << wrong.status();
  EXPECT_LT(wrong->size(), 100u);
  EXPECT_THAT(wrong->back().problem, HasSubstr("90 cases behind it were not run"));
}

}  // namespace
}  // namespace springboard
