// The units by systemd's own tool, and by what the configuration says that they start with.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "tests/support/files.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

constexpr char kAnalyze[] = "/usr/bin/systemd-analyze";
constexpr char kService[] = "deploy/systemd/springboard.service";
constexpr char kSocket[] = "deploy/systemd/springboard.socket";
constexpr char kServer[] = "server/springboard_server";
// In tenths of what systemd calls the exposure level: 0.0 to 10.0.
constexpr char kMaxExposure[] = "14";

// The value of NAME=VALUE, or of "name = VALUE" with or without # before it.
uint64_t NumberOf(const std::string& text, const std::string& name) {
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    absl::ConsumePrefix(&line, "# ");
    if (!absl::ConsumePrefix(&line, name)) continue;
    const size_t begin = line.find_first_of("0123456789");
    if (begin == line.npos || line.substr(0, begin).find_first_not_of(" =") != line.npos) continue;
    line.remove_prefix(begin);
    uint64_t number = 0;
    if (absl::SimpleAtoi(line.substr(0, line.find_first_not_of("0123456789")), &number)) {
      return number;
    }
  }
  ADD_FAILURE() << "there is no " << name;
  return 0;
}

class SystemdAnalyzeTest : public testing::Test {
 protected:
  void SetUp() override {
    if (access(kAnalyze, X_OK) != 0) GTEST_SKIP() << "no systemd: tools/install_packages test";
  }
};

TEST_F(SystemdAnalyzeTest, FindsNothingWrongWithTheUnits) {
  const TemporaryFolder folder;
  // The server is not where it will be installed.
  ASSERT_TRUE(WriteFile(
      folder.File("springboard.service"),
      absl::StrReplaceAll(ReadFile(kService), {{"/usr/bin/springboard_server",
                                                std::filesystem::absolute(kServer).string()}})));
  ASSERT_TRUE(WriteFile(folder.File("springboard.socket"), ReadFile(kSocket)));
  const ProcessResult result =
      RunProgram({kAnalyze, "verify", "--man=no", folder.File("springboard.service"),
                  folder.File("springboard.socket")});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out + result.err, "");
}

TEST_F(SystemdAnalyzeTest, FindsTheServiceHardened) {
  const ProcessResult result = RunProgram({kAnalyze, "security", "--offline=true", "--no-pager",
                                           absl::StrCat("--threshold=", kMaxExposure),
                                           std::filesystem::absolute(kService).string()});
  EXPECT_EQ(result.exit_code, 0) << "an exposure of over " << kMaxExposure << " tenths:\n"
                                 << result.out << result.err;
}

// The server is to end by itself, which says why.
TEST(UnitsTest, TheServersOwnLimitsComeFirst) {
  const std::string service = ReadFile(kService);
  const std::string configuration = ReadFile("deploy/springboard.toml");
  const uint64_t memory = NumberOf(service, "MemoryMax") << 20;
  EXPECT_GE(memory, NumberOf(configuration, "max_resident_bytes") / 4 * 5);
  const uint64_t stop_ms = NumberOf(service, "TimeoutStopSec") * 1000;
  EXPECT_GT(stop_ms, NumberOf(configuration, "drain_delay_ms") +
                         NumberOf(configuration, "drain_timeout_ms"));
}

}  // namespace
}  // namespace springboard
