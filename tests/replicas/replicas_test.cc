// What tools/chaos does: all of the rolling restarts, and the other scenarios for a short while.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <iostream>

#include "tests/support/subprocess.h"

namespace springboard {
namespace {

constexpr char kChaos[] = "tests/replicas/replicas_chaos";

void ExpectNoneLost(const char* through) {
  const ProcessResult result =
      RunProgram({kChaos, "--seconds=24", "--rolls=50", std::string("--through=") + through}, "",
                 std::chrono::minutes(14));
  std::cout << result.out << result.err;
  EXPECT_EQ(result.exit_code, 0) << "the lines above say what was lost, and in which scenario";
  EXPECT_THAT(result.out, testing::ContainsRegex("\n[0-9]+ calls, 0 wrong, 0 lost\n$"));
}

TEST(ReplicasTest, NoCallIsLostDirectly) { ExpectNoneLost("direct"); }

TEST(ReplicasTest, NoCallIsLostBehindHaproxy) { ExpectNoneLost("haproxy"); }

TEST(ReplicasTest, WrongUsageIsSaid) {
  EXPECT_EQ(RunProgram({kChaos, "--seconds=0"}).exit_code, 2);
  EXPECT_EQ(RunProgram({kChaos, "--scenario=none"}).exit_code, 2);
  EXPECT_EQ(RunProgram({kChaos, "--help"}).exit_code, 0);
}

}  // namespace
}  // namespace springboard
