// Disturbs three replicas while clients call them: tools/chaos.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "client/log.h"
#include "tests/replicas/own_network.h"
#include "tests/replicas/scenarios.h"

namespace springboard {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

struct Options {
  double seconds = 120;
  int rolls = 50;
  std::string server = "server/springboard_server";
  std::string through = "both";
  std::vector<std::string> scenarios;
};

std::vector<Scenario> Chosen(const Options& options) {
  std::vector<Scenario> chosen;
  for (const Scenario& one : AllScenarios()) {
    const auto& names = options.scenarios;
    if (names.empty() || std::find(names.begin(), names.end(), one.name) != names.end()) {
      chosen.push_back(one);
    }
  }
  return chosen;
}

std::vector<Through> Ways(const Options& options) {
  if (options.through == "direct") return {Through::kDirect};
  if (options.through == "haproxy") return {Through::kHaproxy};
  return {Through::kDirect, Through::kHaproxy};
}

// Prints a line. True if all went well.
bool Print(const Scenario& scenario, Through through, const ScenarioResult& result) {
  std::cout << absl::StreamFormat("%-14s%-9s", scenario.name,
                                  through == Through::kDirect ? "direct" : "haproxy");
  if (!result.skipped.empty()) {
    std::cout << "skipped: " << result.skipped << std::endl;
    return true;
  }
  const CallTally& tally = result.tally;
  std::cout << absl::StreamFormat(
                   "%7d calls, %d wrong, %d lost, %d after their deadline; the longest %d ms; %s\n",
                   tally.calls, tally.wrong, tally.lost, tally.late,
                   absl::ToInt64Milliseconds(tally.longest), result.done)
            << std::flush;
  if (!tally.last_loss.empty()) std::cout << "  the last loss: " << tally.last_loss << "\n";
  if (!result.failure.empty()) std::cout << "  FAILED: " << result.failure << "\n";
  return tally.calls > 0 && tally.wrong + tally.lost + tally.late == 0 && result.failure.empty();
}

int Run(const Options& options) {
  const std::vector<Scenario> scenarios = Chosen(options);
  const std::vector<Through> ways = Ways(options);
  const auto timed = std::count_if(scenarios.begin(), scenarios.end(),
                                   [](const Scenario& one) { return one.is_timed; });
  ScenarioOptions scenario_options;
  scenario_options.program = options.server;
  scenario_options.rolls = options.rolls;
  scenario_options.time =
      absl::Seconds(options.seconds) /
      std::max(1.0, static_cast<double>(timed) * static_cast<double>(ways.size()));
  // Before there are threads.
  scenario_options.network = EnterOwnNetwork();
  // The clients' warnings, gRPC's and the servers' lines would be many.
  SetClientLogSink([](absl::string_view /*line*/) {});
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/1);
  setenv("SPRINGBOARD_SERVER_LOG_LEVEL", "error", /*overwrite=*/1);
  CallTally total;
  bool is_good = true;
  for (const Scenario& scenario : scenarios) {
    for (const Through through : ways) {
      scenario_options.through = through;
      const ScenarioResult result = scenario.run(scenario_options);
      is_good = Print(scenario, through, result) && is_good;
      total += result.tally;
    }
  }
  std::cout << absl::StreamFormat("%d calls, %d wrong, %d lost\n", total.calls, total.wrong,
                                  total.lost);
  return is_good ? 0 : kExitFailed;
}

int Main(int argc, char** argv) {
  CLI::App program(
      "Calls three replicas, directly and through HAProxy as deploy/haproxy has it, through the\n"
      "client library without a fallback, while\n"
      "  kill          one after the other is killed every 2 s, and started again\n"
      "  roll          one after the other is ended by SIGTERM, and started again\n"
      "  stop          one is stopped for 10 s, and continued\n"
      "  slow-network  all are behind a link of 100 ms and 5 % loss either way, in another "
      "network\n"
      "                namespace\n"
      "Every answer must be right, and come by its deadline.",
      "chaos");
  program.footer("Exit codes: 0 all were right and there, 1 one was not, 2 wrong usage.");
  Options options;
  program
      .add_option("--seconds", options.seconds,
                  "How long, all scenarios but roll together; a stop takes 12 s")
      ->check(CLI::Range(1.0, 86400.0))
      ->capture_default_str();
  program.add_option("--rolls", options.rolls, "Rolling restarts of all three")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  program.add_option("--server", options.server, "The server's program")
      ->check(CLI::ExistingFile)
      ->capture_default_str();
  program.add_option("--through", options.through, "How clients get to the replicas")
      ->check(CLI::IsMember({"direct", "haproxy", "both"}))
      ->capture_default_str();
  program.add_option("--scenario", options.scenarios, "Those alone; repeatable")
      ->check(CLI::IsMember({"kill", "roll", "stop", "slow-network"}))
      ->allow_extra_args(false);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : kExitUsage;
  }
  return Run(options);
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) { return springboard::Main(argc, argv); }
