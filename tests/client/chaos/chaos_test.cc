#include <gtest/gtest.h>

#include "tests/support/subprocess.h"

namespace springboard {
namespace {

TEST(ChaosTest, EveryLinkIsRightWhateverBecomesOfTheServer) {
  const ProcessResult result = RunProgram({"tests/client/chaos/client_chaos", "--seconds=30"});
  std::cout << result.out << result.err;
  EXPECT_EQ(result.exit_code, 0);
}

TEST(ChaosTest, WrongUsageIsSaid) {
  EXPECT_EQ(RunProgram({"tests/client/chaos/client_chaos", "--seconds=0"}).exit_code, 2);
  EXPECT_EQ(RunProgram({"tests/client/chaos/client_chaos", "--help"}).exit_code, 0);
}

}  // namespace
}  // namespace springboard
