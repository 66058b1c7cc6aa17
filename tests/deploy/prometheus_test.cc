// The rules by Prometheus' own tool: that they are right, and in which worlds alerts fire.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/deploy/expressions.h"
#include "tests/support/files.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

using testing::HasSubstr;

constexpr char kPromtool[] = "/usr/bin/promtool";
constexpr char kTestsFile[] = "deploy/prometheus/springboard.rules.test.yaml";

class PromtoolTest : public testing::Test {
 protected:
  void SetUp() override {
    if (access(kPromtool, X_OK) != 0) GTEST_SKIP() << "no promtool: tools/install_packages test";
  }
};

TEST_F(PromtoolTest, TheRulesAreRight) {
  const ProcessResult result = RunProgram({kPromtool, "check", "rules", kRulesFile});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

TEST_F(PromtoolTest, TheScrapeConfigurationIsRight) {
  const ProcessResult result =
      RunProgram({kPromtool, "check", "config", "deploy/prometheus/prometheus.yaml"});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

TEST_F(PromtoolTest, AlertsFireWhenTheyShould) {
  const ProcessResult result = RunProgram({kPromtool, "test", "rules", kTestsFile});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

// The first of the worlds says of all alerts that they do not fire.
TEST(RulesTest, EveryAlertFiresInATest) {
  const std::string tests = ReadFile(kTestsFile);
  for (const Expression& rule : RulesIn(ReadFile(kRulesFile))) {
    if (rule.is_record) continue;
    EXPECT_THAT(tests, HasSubstr(absl::StrCat("alertname=\"", rule.name, "\"")))
        << "add a world to " << kTestsFile << " in which " << rule.name << " fires";
  }
}

TEST(RulesTest, EveryAlertSaysWhatToDo) {
  const std::string yaml = ReadFile(kRulesFile);
  for (const Expression& rule : RulesIn(yaml)) {
    if (rule.is_record) continue;
    const size_t begin = yaml.find(absl::StrCat("- alert: ", rule.name, "\n"));
    const std::string text = yaml.substr(begin, yaml.find("      - ", begin + 1) - begin);
    for (const char* const wanted : {"severity: ", "summary: ", "description: "}) {
      EXPECT_THAT(text, HasSubstr(wanted)) << rule.name;
    }
    EXPECT_THAT(text, HasSubstr(absl::StrCat("runbook_url: docs/operations.md#",
                                             absl::AsciiStrToLower(rule.name), "\n")));
  }
}

}  // namespace
}  // namespace springboard
