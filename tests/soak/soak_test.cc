// A short run of tools/soak.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>

#include "tests/support/files.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

using testing::HasSubstr;

constexpr char kSoak[] = "tests/soak/soak";

TEST(SoakTest, TheServerIsSteadyForTwoMinutes) {
  const TemporaryFolder folder;
  const std::string chart = folder.File("soak.svg");
  const ProcessResult result =
      RunProgram({kSoak, "--minutes=2", "--chart=" + chart}, "", std::chrono::minutes(8));
  std::cout << result.out << result.err;
  EXPECT_EQ(result.exit_code, 0)
      << "the lines above say what was wrong, or grew from what to what; tools/soak --minutes=20 "
         "shows whether it goes on";
  EXPECT_THAT(result.out, HasSubstr("\nsteady: "));
  EXPECT_THAT(ReadFile(chart), HasSubstr("Resident memory (MB)"));
}

TEST(SoakTest, WrongUsageIsSaid) {
  EXPECT_EQ(RunProgram({kSoak, "--minutes=0"}).exit_code, 2);
  EXPECT_EQ(RunProgram({kSoak, "--server=/no/such/program"}).exit_code, 2);
  EXPECT_EQ(RunProgram({kSoak, "--help"}).exit_code, 0);
}

TEST(SoakTest, AServerThatDoesNotStartIsSaid) {
  const ProcessResult result = RunProgram({kSoak, "--server=/bin/true"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("the server does not start"));
}

}  // namespace
}  // namespace springboard
