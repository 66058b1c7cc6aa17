// A short run of tools/attack, on the server itself and through HAProxy.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>

#include "tests/support/subprocess.h"

namespace springboard {
namespace {

constexpr char kAttack[] = "tests/attack/attack";

TEST(AttackTest, TheServerSurvivesOrIsBackWithinASecond) {
  const ProcessResult result = RunProgram({kAttack, "--seconds=24"});
  std::cout << result.out << result.err;
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, testing::HasSubstr("32 attacks"));
  EXPECT_THAT(result.out, testing::HasSubstr(" 0 failed\n"));
}

TEST(AttackTest, NothingGetsThroughAProxy) {
  const ProcessResult result = RunProgram({kAttack, "--seconds=24", "--through=haproxy"});
  std::cout << result.out << result.err;
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, testing::HasSubstr("32 attacks, 32 survived, 0 restarted, 0 failed\n"));
}

TEST(AttackTest, WrongUsageIsSaid) {
  EXPECT_EQ(RunProgram({kAttack, "--seconds=0"}).exit_code, 2);
  EXPECT_EQ(RunProgram({kAttack, "--through=nothing"}).exit_code, 2);
  EXPECT_EQ(RunProgram({kAttack, "--only=no such attack"}).exit_code, 2);
  EXPECT_EQ(RunProgram({kAttack, "--help"}).exit_code, 0);
}

}  // namespace
}  // namespace springboard
