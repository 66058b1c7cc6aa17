// springboard_server: serves the TrampolineCompiler until it is told to stop.

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "common/command_line.h"
#include "common/version.h"
#include "server/configuration.h"
#include "server/daemon.h"
#include "server/heap.h"

namespace springboard {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

constexpr char kFooter[] =
    "Example:\n"
    "  springboard_server --listen=unix:/run/springboard.sock --listen=127.0.0.1:7000\n"
    "\n"
    "Prints \"listening on ADDRESS...\" once it serves. SIGTERM or SIGINT: health checks answer\n"
    "NOT_SERVING, running calls finish, exit 0; a second signal ends it at once. SIGHUP: keys,\n"
    "the access policy and limits are read again. Sockets that a service manager opened are taken\n"
    "(LISTEN_FDS), and it is told of the state (NOTIFY_SOCKET).\n"
    "Exit codes: 0 stopped as told, 1 cannot serve, 2 wrong flags, 3 too much memory.";

int Fail(const absl::Status& status, int exit_code) {
  std::cerr << "springboard_server: " << status.message() << "\n";
  return exit_code;
}

// The flags as they are given; an exit code if that is all.
std::optional<int> ParseCommandLine(const CommandLine& line) {
  CLI::App app("Compiles call trampolines for the clients that connect to it.",
               "springboard_server");
  Settings settings;
  ConfigurationFlags flags;
  AddSettings(app, settings);
  AddConfigurationFlags(app, flags);
  app.footer(kFooter);
  app.set_version_flag("--version", kVersion);
  if (!line.operands.empty()) {
    std::cerr << "springboard_server: takes options only; got " << line.operands[0] << "\n";
    return kExitUsage;
  }
  return ParseOptions(app, line.options, kExitUsage);
}

int Main(int argc, char** argv) {
  SetUpHeap();
  // Debian's Abseil looks for cycles at every lock, gRPC's too: a tenth of a call.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const CommandLine line = SplitCommandLine(argc, argv);
  if (const std::optional<int> code = ParseCommandLine(line)) return *code;
  absl::StatusOr<Configuration> configuration = LoadConfiguration(line.options);
  if (!configuration.ok()) return Fail(configuration.status(), kExitUsage);
  if (configuration->prints || configuration->checks) {
    for (const std::string& warning : configuration->warnings) {
      std::cerr << "springboard_server: warning: " << warning << "\n";
    }
  }
  if (configuration->prints) std::cout << ToConfigurationFile(*configuration) << std::flush;
  if (configuration->checks) {
    const absl::Status status = CheckConfiguration(*configuration);
    if (!status.ok()) return Fail(status, kExitFailed);
    if (!configuration->prints) std::cout << "the configuration is good\n";
  }
  if (configuration->prints || configuration->checks) return 0;
  const absl::Status status = RunDaemon(line.options, *std::move(configuration));
  // All is done; gRPC would wait for a thread of its own that polls for up to 10 s, and other
  // threads may still use what exit() would destroy.
  std::quick_exit(status.ok() ? 0 : Fail(status, kExitFailed));
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) { return springboard::Main(argc, argv); }
