// Flags, environment and configuration file of the server's program, in that order of precedence.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/support/files.h"
#include "tests/support/server_program.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

using testing::HasSubstr;

class ConfigurationTest : public testing::Test {
 protected:
  std::string File(const std::string& text) const {
    EXPECT_TRUE(WriteFile(folder_.File("server.toml"), text));
    return folder_.File("server.toml");
  }

  // The program with these variables and flags.
  static ProcessResult Run(const std::vector<std::string>& variables,
                           const std::vector<std::string>& flags) {
    std::vector<std::string> command = {"/usr/bin/env"};
    command.insert(command.end(), variables.begin(), variables.end());
    command.emplace_back(ServerProgram::kPath);
    command.insert(command.end(), flags.begin(), flags.end());
    return RunProgram(command);
  }

  // The line that --print_config has for a setting; empty if there is none.
  static std::string Printed(const ProcessResult& result, const std::string& name) {
    for (const absl::string_view line : absl::StrSplit(result.out, '\n')) {
      if (absl::StartsWith(line, name + " = ")) return std::string(line);
    }
    return "";
  }

  const TemporaryFolder folder_;
};

TEST_F(ConfigurationTest, FlagsGoBeforeTheEnvironmentAndThatBeforeTheFile) {
  const std::string file = File("max_calls = 1\nmax_batch_items = 1\nmax_parameters = 1\n");
  const ProcessResult result =
      Run({"SPRINGBOARD_SERVER_MAX_CALLS=2", "SPRINGBOARD_SERVER_MAX_BATCH_ITEMS=2"},
          {"--config=" + file, "--max_calls=3", "--print_config"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(Printed(result, "max_calls"), "max_calls = 3  # command line");
  EXPECT_EQ(Printed(result, "max_batch_items"),
            "max_batch_items = 2  # environment, SPRINGBOARD_SERVER_MAX_BATCH_ITEMS");
  EXPECT_EQ(Printed(result, "max_parameters"), absl::StrCat("max_parameters = 1  # ", file, ":3"));
  EXPECT_EQ(Printed(result, "log_level"), "log_level = \"info\"  # default");
}

TEST_F(ConfigurationTest, WhatIsPrintedIsAFileThatMeansTheSame) {
  const ProcessResult first = Run({"SPRINGBOARD_SERVER_LISTEN=unix:/tmp/a,127.0.0.1:0"},
                                  {"--socket_mode=0640", "--insecure", "--log_format=json",
                                   "--max_answer_bytes=18446744073709551615", "--print_config"});
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(Printed(first, "listen"), HasSubstr("[\"unix:/tmp/a\", \"127.0.0.1:0\"]"));
  const ProcessResult second = Run({}, {"--config=" + File(first.out), "--print_config"});
  ASSERT_EQ(second.exit_code, 0) << second.err;
  const auto without_origins = [](const std::string& text) {
    std::vector<std::string> lines;
    for (const absl::string_view line : absl::StrSplit(text, '\n')) {
      lines.emplace_back(line.substr(0, line.find("  # ")));
    }
    return lines;
  };
  EXPECT_EQ(without_origins(first.out), without_origins(second.out));
}

TEST_F(ConfigurationTest, TheFileMayBeNamedByTheEnvironment) {
  const std::string variable = "SPRINGBOARD_SERVER_CONFIG=" + File("max_calls = 7\n");
  EXPECT_THAT(Printed(Run({variable}, {"--print_config"}), "max_calls"), HasSubstr("= 7 "));
}

TEST_F(ConfigurationTest, ASettingOfTheFileHolds) {
  const std::string file = File("max_parameters = 0\nhttp_listen = \"127.0.0.1:0\"\n");
  const ServerProgram server({"--config=" + file});
  EXPECT_THAT(server.http_address(), testing::StartsWith("127.0.0.1:"));
}

TEST_F(ConfigurationTest, ErrorsNameTheirPlace) {
  const std::pair<const char*, const char*> files[] = {
      {"max_call = 3\n", "server.toml:1: there is no setting max_call"},
      {"\n\nmax_calls = -3\n", "server.toml:3: Could not convert: --max_calls = -3"},
      {"max_calls = [\n", "server.toml:"},
      {"max_calls = 1.5\n", "server.toml:1: max_calls is a string, a number"},
      {"[server]\nmax_calls = 3\n", "server.toml:1: there is no setting server"},
      {"max_calls = 3\nmax_calls = 4\n", "server.toml:2"},
      {"listen = \"\"\n", "server.toml:1: listen has an empty value"},
      {"log_level = \"loud\"\n", "server.toml:1: --log_level: loud not in {"},
      {"allow_user = []\n", "server.toml:1: allow_user has no value"},
      {"socket_mode = 0o999\n", "server.toml:1"}};
  for (const auto& [text, message] : files) {
    const ProcessResult result = Run({}, {"--config=" + File(text), "--check_config"});
    EXPECT_EQ(result.exit_code, 2) << text;
    EXPECT_THAT(result.err, HasSubstr(message)) << text;
  }
  const ProcessResult variable = Run({"SPRINGBOARD_SERVER_MAX_CALLS=many"}, {"--check_config"});
  EXPECT_EQ(variable.exit_code, 2);
  EXPECT_THAT(variable.err, HasSubstr("environment, SPRINGBOARD_SERVER_MAX_CALLS: "));
  const ProcessResult absent = Run({}, {"--config=/nonexistent.toml", "--check_config"});
  EXPECT_EQ(absent.exit_code, 2);
  EXPECT_THAT(absent.err, HasSubstr("cannot read /nonexistent.toml: No such file"));
}

TEST_F(ConfigurationTest, AVariableThatIsNoSettingIsToldOf) {
  // Kubernetes makes such for a service of the name springboard-server.
  const ProcessResult checked =
      Run({"SPRINGBOARD_SERVER_PORT=tcp://192.0.2.1:80"}, {"--check_config"});
  EXPECT_EQ(checked.exit_code, 0);
  EXPECT_THAT(checked.err, HasSubstr("warning: SPRINGBOARD_SERVER_PORT is no setting"));
  RunningProgram server({"/usr/bin/env", "SPRINGBOARD_SERVER_PORT=tcp://192.0.2.1:80",
                         ServerProgram::kPath, "--listen=127.0.0.1:0"},
                        folder_.File("log"));
  EXPECT_THAT(server.ReadLine(), HasSubstr("listening on 127.0.0.1:"));
  kill(server.pid(), SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
  EXPECT_THAT(ReadFile(folder_.File("log")),
              HasSubstr("warning SPRINGBOARD_SERVER_PORT is no setting"));
}

TEST_F(ConfigurationTest, CheckLooksAtFilesAndListensNowhere) {
  const ServerProgram running;
  const std::string listen = "--listen=" + running.address();
  const ProcessResult good = RunProgram({ServerProgram::kPath, "--check_config", listen});
  EXPECT_EQ(good.exit_code, 0) << "beside the server that it is for: " << good.err;
  EXPECT_EQ(good.out, "the configuration is good\n");
  const std::pair<std::vector<std::string>, const char*> bad[] = {
      {{"--listen=192.0.2.1:7000"}, "plain TCP is for loopback"},
      {{"--listen=nonsense"}, "got nonsense"},
      {{"--listen=127.0.0.1:0", "--tls_certificate=/nonexistent"}, "/nonexistent"},
      {{"--listen=127.0.0.1:0", "--access_tokens=/nonexistent"}, "through TLS alone"},
      {{"--signing_key=/nonexistent"}, "/nonexistent"},
      {{"--allow_user=0", "--listen=127.0.0.1:0"}, "are for unix sockets"},
      {{"--http_listen=example.org:80"}, "--http_listen is HOST:PORT"}};
  for (const auto& [flags, message] : bad) {
    std::vector<std::string> all = {"--check_config"};
    all.insert(all.end(), flags.begin(), flags.end());
    const ProcessResult result = Run({}, all);
    EXPECT_EQ(result.exit_code, 1) << flags[0];
    EXPECT_THAT(result.err, HasSubstr(message)) << flags[0];
  }
}

}  // namespace
}  // namespace springboard
