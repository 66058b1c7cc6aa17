#include <gtest/gtest.h>

#include <regex>
#include <string>

#include "tests/support/subprocess.h"

namespace springboard {
namespace {

constexpr char kProgram[] = "tests/client/arena/sandbox/sandbox_matrix";

TEST(SandboxMatrixTest, NoCellIsWrong) {
  const ProcessResult result = RunProgram({kProgram});
  std::cout << result.out << result.err;
  std::smatch match;
  ASSERT_TRUE(std::regex_search(result.out, match,
                                std::regex("\n(\\d+) cells, (\\d+) wrong, (\\d+) skipped\n$")));
  EXPECT_EQ(match[1], "70");
  EXPECT_EQ(match[2], "0");
  EXPECT_EQ(result.exit_code, 0);
  // What is skipped says why; everything else has a result.
  EXPECT_LE(std::stoi(match[3]), 14) << "only PR_SET_MDWE and the mount depend on the machine";
}

}  // namespace
}  // namespace springboard
