#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/files.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

ProcessResult RunConformance(const std::vector<std::string>& flags) {
  std::vector<std::string> command = {"tests/conformance/conformance"};
  command.insert(command.end(), flags.begin(), flags.end());
  return RunProgram(command);
}

TEST(ConformanceMainTest, PrintsAndWritesTheTable) {
  const TemporaryFolder folder;
  const ProcessResult result = RunConformance(
      {"--signatures=3", "--runner=emulated, clang", "--json=" + folder.File("table.json")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("aarch64-apple     emulated, clang              3         0\n"),
            std::string::npos)
      << result.out;
  const auto table = nlohmann::json::parse(ReadFile(folder.File("table.json")));
  ASSERT_EQ(table.size(), 5u);
  for (const auto& row : table) {
    EXPECT_EQ(row["runner"], "emulated, clang");
    EXPECT_EQ(row["cases"], 3);
    EXPECT_EQ(row["failures"], 0);
    EXPECT_TRUE(row["target"].is_string());
    EXPECT_EQ(row.size(), 4u);
  }
}

TEST(ConformanceMainTest, RefusesWrongUsage) {
  for (const std::string flag :
       {"--signatures=0", "--signatures=-1", "--signatures=many", "--seed=-1", "--runner=nobody",
        "--json=/nonexistent/table.json", "--wrong", "argument"}) {
    const ProcessResult result = RunConformance({flag});
    EXPECT_EQ(result.exit_code, 2) << flag;
    EXPECT_FALSE(result.err.empty()) << flag;
  }
  EXPECT_EQ(RunConformance({"--help"}).exit_code, 0);
}

}  // namespace
}  // namespace springboard
