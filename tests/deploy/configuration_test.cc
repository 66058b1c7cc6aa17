// The configurations in deploy/ by the server that reads them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "tests/support/files.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

constexpr char kServer[] = "server/springboard_server";
constexpr char kExample[] = "deploy/springboard.toml";
constexpr char kKubernetes[] = "deploy/kubernetes/springboard.toml";

std::vector<std::string> Lines(const std::string& text) { return absl::StrSplit(text, '\n'); }

// What stands in a configuration, or stands there as a default or an example.
std::set<std::string> SettingsIn(const std::string& text) {
  static const auto* const pattern = new std::regex(R"(^(?:# )?([a-z_]+) = )");
  std::set<std::string> names;
  for (const std::string& line : Lines(text)) {
    std::smatch match;
    if (std::regex_search(line, match, *pattern)) names.insert(match[1]);
  }
  return names;
}

std::set<std::string> FlagsOfTheServer() {
  static const auto* const pattern = new std::regex(R"(^ +(?:-\w,)?--([a-z_]+))");
  static const auto* const own =
      new std::set<std::string>{"help", "version", "config", "check_config", "print_config"};
  std::set<std::string> names;
  for (const std::string& line : Lines(RunProgram({kServer, "--help"}).out)) {
    std::smatch match;
    if (std::regex_search(line, match, *pattern) && own->count(match[1]) == 0) {
      names.insert(match[1]);
    }
  }
  return names;
}

class ConfigurationTest : public testing::Test {
 protected:
  void SetUp() override {
    const ProcessResult made =
        RunProgram({"/usr/bin/openssl", "req", "-x509", "-days", "2", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-keyout",
                    folder_.File("key"), "-out", folder_.File("certificate")});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    ASSERT_TRUE(WriteFile(folder_.File("both"),
                          ReadFile(folder_.File("certificate")) + ReadFile(folder_.File("key"))));
  }

  // What the server says of a configuration, whose TLS files are there.
  ProcessResult CheckConfiguration(const std::string& text) const {
    const std::string file = folder_.File("springboard.toml");
    EXPECT_TRUE(WriteFile(
        file,
        absl::StrReplaceAll(text, {{"/etc/springboard/server.pem", folder_.File("both")},
                                   {"/etc/springboard/tls/tls.crt", folder_.File("certificate")},
                                   {"/etc/springboard/tls/tls.key", folder_.File("key")}})));
    return RunProgram({kServer, "--check_config", "--config=" + file});
  }

  TemporaryFolder folder_;
};

TEST_F(ConfigurationTest, TheServerTakesTheExample) {
  const ProcessResult result = CheckConfiguration(ReadFile(kExample));
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST_F(ConfigurationTest, TheServerTakesWhatPodsHave) {
  const ProcessResult result = CheckConfiguration(ReadFile(kKubernetes));
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

// Files, users and addresses of examples are not there; what is a default is.
TEST_F(ConfigurationTest, TheServerTakesTheExamplesDefaults) {
  const std::regex pattern(R"(^# ([a-z_]+ = (?:\d+|true|false|"[a-z0-9]+"))$)");
  std::vector<std::string> lines;
  for (const std::string& line : Lines(ReadFile(kExample))) {
    std::smatch match;
    const bool is_default = std::regex_match(line, match, pattern) &&
                            !absl::StartsWith(line, "# user") && !absl::StartsWith(line, "# group");
    lines.push_back(is_default ? std::string(match[1]) : line);
  }
  const ProcessResult result = CheckConfiguration(absl::StrJoin(lines, "\n"));
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST_F(ConfigurationTest, AWrongSettingIsFound) {
  const ProcessResult result = CheckConfiguration(ReadFile(kKubernetes) + "max_cals = 1\n");
  EXPECT_NE(result.exit_code, 0);
  EXPECT_THAT(result.err, testing::HasSubstr("max_cals"));
}

TEST(ExampleTest, HasEverySettingAndNoOther) {
  EXPECT_THAT(SettingsIn(ReadFile(kExample)), testing::ContainerEq(FlagsOfTheServer()))
      << kExample << " has a line, with or without #, for each flag of the server";
}

}  // namespace
}  // namespace springboard
