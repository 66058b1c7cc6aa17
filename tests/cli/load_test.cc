// springboard load, as an operator runs it, against a real server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/support/files.h"
#include "tests/support/server_program.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

constexpr char kCli[] = "client/cli/springboard";

ProcessResult RunLoad(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {kCli, "load"});
  return RunProgram(arguments);
}

// That what it reports is in itself right.
void ExpectThatNumbersAddUp(const json& report) {
  const auto number = [&report](const char* name) { return report[name].get<uint64_t>(); };
  uint64_t failed = 0;
  for (const json& error : report["errors"]) failed += error["trampolines"].get<uint64_t>();
  EXPECT_EQ(number("calls") * number("batch"), number("trampolines") + failed);
  uint64_t in_rows = 0;
  for (const json& row : report["latency_ns"]["histogram"]) in_rows += row["calls"].get<uint64_t>();
  EXPECT_EQ(in_rows, number("calls") - number("failed_calls"));
  const double seconds = report["seconds"].get<double>();
  EXPECT_NEAR(report["calls_per_second"].get<double>() * seconds,
              static_cast<double>(number("calls")), 0.5);
  EXPECT_NEAR(report["trampolines_per_second"].get<double>() * seconds,
              static_cast<double>(number("trampolines")), 0.5);
  int64_t longest = 0;
  for (const char* const name : {"p50", "p90", "p99", "p99.9", "max"}) {
    const auto latency = report["latency_ns"][name].get<int64_t>();
    EXPECT_GE(latency, longest) << name;
    longest = latency;
  }
}

TEST(LoadTest, TheNumbersAddUpForUnaryCallsAndBatches) {
  const ServerProgram server;
  for (const int batch : {1, 100}) {
    const ProcessResult result = RunLoad(
        {"--server=" + server.address(), "--seconds=1", "--in-flight=8", "--json",
         absl::StrCat("--batch=", batch), "--target=x86_64-sysv,aarch64-apple", "--verify"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.err, "") << "the display is for terminals";
    const json report = json::parse(result.out);
    ExpectThatNumbersAddUp(report);
    EXPECT_GT(report["calls"], 10);
    EXPECT_EQ(report["failed_calls"], 0);
    EXPECT_EQ(report["in_flight"], 8);
    EXPECT_EQ(report["batch"], batch);
    EXPECT_EQ(report["ended_early"], false);
    EXPECT_GE(report["seconds"], 1.0);
    EXPECT_GT(report["latency_ns"]["p50"], 0);
  }
}

TEST(LoadTest, TheTextHasRatesBarsAndQuantiles) {
  const ServerProgram server;
  const ProcessResult result =
      RunLoad({"--server=" + server.address(), "--seconds=1", "--in-flight=2", "--verbose"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr(server.address() + ", 2 in flight, unary, "));
  EXPECT_THAT(result.out, AllOf(HasSubstr("\n  calls "), HasSubstr("/s\n  trampolines "),
                                HasSubstr("\n  failed calls          0\n"), HasSubstr("  p50 "),
                                HasSubstr("p99.9 "), HasSubstr(" ########")));
  EXPECT_THAT(result.out, testing::Not(HasSubstr("Errors")));
  EXPECT_THAT(result.err, HasSubstr(" calls/s ")) << "a line each second";
}

TEST(LoadTest, ErrorsAreCountedByCodeAndReason) {
  const TemporaryFolder folder;
  ASSERT_TRUE(WriteFile(folder.File("signatures"), "# one of two\nu8(u8)\nu8(u8,u8,u8)\n"));
  const ServerProgram server({"--max_parameters=2"});
  const std::vector<std::string> command = {"--server=" + server.address(), "--seconds=1",
                                            "--in-flight=2", "--batch=10",
                                            "--signatures=" + folder.File("signatures")};
  const ProcessResult text = RunLoad(command);
  EXPECT_EQ(text.exit_code, 1);
  EXPECT_THAT(text.out, HasSubstr("Errors\n  INVALID_ARGUMENT TOO_MANY_PARAMETERS "));
  EXPECT_THAT(text.out, HasSubstr("at most 2 parameters"));
  std::vector<std::string> in_json = command;
  in_json.emplace_back("--json");
  const json report = json::parse(RunLoad(in_json).out);
  ExpectThatNumbersAddUp(report);
  ASSERT_EQ(report["errors"].size(), 1u);
  EXPECT_EQ(report["errors"][0]["kind"], "INVALID_ARGUMENT TOO_MANY_PARAMETERS");
  EXPECT_EQ(report["errors"][0]["calls"], report["calls"]);
  EXPECT_EQ(report["errors"][0]["trampolines"], report["trampolines"]) << "every other one";
}

TEST(LoadTest, AServerThatIsNotThereIsSaidAtOnce) {
  const absl::Time start = absl::Now();
  const ProcessResult result = RunLoad({"--server=unix:/nonexistent/socket", "--seconds=60"});
  EXPECT_LT(absl::Now() - start, absl::Seconds(20));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err,
              HasSubstr("springboard load: UNAVAILABLE: server unix:/nonexistent/socket: "));
}

TEST(LoadTest, AServerThatGoesAwayAndComesBackIsSeenInTheErrors) {
  auto server = std::make_unique<ServerProgram>();
  const std::string address = server->address();
  RunningProgram load({kCli, "load", "--server=" + address, "--seconds=4", "--json"});
  absl::SleepFor(absl::Seconds(1));
  server.reset();
  absl::SleepFor(absl::Seconds(1));
  const ServerProgram again({}, address);
  std::string text;
  for (std::string line = load.ReadLine(); !line.empty(); line = load.ReadLine()) text += line;
  EXPECT_EQ(load.Wait(), 1);
  const json report = json::parse(text);
  ExpectThatNumbersAddUp(report);
  ASSERT_GE(report["errors"].size(), 1u);
  EXPECT_THAT(report["errors"][0]["kind"].get<std::string>(), testing::StartsWith("UNAVAILABLE"));
  // 16 lanes that each pause 50 ms fail 320 times a second, and some more at the end of a call.
  EXPECT_LT(report["failed_calls"], 16 * 20 * 4);
  EXPECT_GT(report["trampolines"], report["failed_calls"]) << "it goes on when the server is back";
}

TEST(LoadTest, CtrlCEndsItEarlyWithTheReport) {
  const ServerProgram server;
  RunningProgram load({kCli, "load", "--server=" + server.address(), "--seconds=600", "--json",
                       "--batch=1000", "--in-flight=4"});
  absl::SleepFor(absl::Seconds(2));
  const absl::Time start = absl::Now();
  kill(load.pid(), SIGINT);
  std::string text;
  for (std::string line = load.ReadLine(); !line.empty(); line = load.ReadLine()) text += line;
  EXPECT_EQ(load.Wait(), 0) << "every call that was not cut short was answered";
  EXPECT_LT(absl::Now() - start, absl::Seconds(10));
  const json report = json::parse(text);
  ExpectThatNumbersAddUp(report);
  EXPECT_EQ(report["ended_early"], true);
  EXPECT_LE(report["cancelled_calls"], 4);
  EXPECT_LT(report["seconds"], 60.0);
  EXPECT_GT(report["calls"], 0);
}

TEST(LoadTest, ATerminalSeesItRedrawnInPlace) {
  const ServerProgram server;
  // Both outputs are terminals in there.
  const ProcessResult result = RunProgram(
      {"/usr/bin/script", "-qec",
       absl::StrCat(kCli, " load --seconds=2 --server=", server.address()), "/dev/null"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("  now  "), HasSubstr("  so far  "),
                                HasSubstr("  errors  none"), HasSubstr("[####")));
  EXPECT_THAT(result.out, HasSubstr("\x1b[5A\x1b[J")) << "up to the first line, and cleared";
  EXPECT_THAT(result.out, HasSubstr("p99.9 ")) << "the report";
}

TEST(LoadTest, WrongUsageIsNamed) {
  struct Case {
    std::vector<std::string> arguments;
    int exit_code;
    const char* message_part;
  };
  const Case cases[] = {
      {{}, 2, "give the --server to load; got none"},
      {{"--server=nowhere"}, 2, "--server"},
      {{"--server=unix:/x", "--seconds=0"}, 2, "--seconds"},
      {{"--server=unix:/x", "--in-flight=0"}, 2, "--in-flight"},
      {{"--server=unix:/x", "--batch=10001"}, 2, "--batch"},
      {{"--server=unix:/x", "--batch=many"}, 2, "--batch"},
      {{"--server=unix:/x", "--target=vax"}, 1, "UNKNOWN_TARGET"},
      {{"--server=unix:/x", "--profile=v9"}, 1, "UNKNOWN_PROFILE"},
      {{"--server=unix:/x", "--signatures=/no/such"}, 1, "cannot read /no/such"},
      {{"--server=unix:/x", "--signatures=/dev/null"}, 1, "no signatures in /dev/null"},
      {{"--server=unix:/x", "--tls-authorities=/no/such"}, 1, "cannot read /no/such"},
  };
  for (const Case& row : cases) {
    const ProcessResult result = RunLoad(row.arguments);
    EXPECT_EQ(result.exit_code, row.exit_code) << row.message_part;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr(row.message_part));
  }
}

TEST(LoadTest, ReportThatCannotBeWrittenIsAnError) {
  const ServerProgram server;
  const ProcessResult result = RunProgram(
      {"/bin/sh", "-c",
       absl::StrCat(kCli, " load --seconds=1 --server=", server.address(), " >/dev/full")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("cannot write the output"));
}

}  // namespace
}  // namespace springboard
