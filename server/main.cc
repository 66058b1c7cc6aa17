// springboard_server: serves the TrampolineCompiler until it is told to stop.

#include <pthread.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <csignal>
#include <iostream>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/command_line.h"
#include "common/version.h"
#include "server/listening_socket.h"
#include "server/peer_policy.h"
#include "server/server.h"

namespace springboard {
namespace {

constexpr int kExitUsage = 2;

struct Flags {
  ServerOptions server;
  uint32_t drain_delay_ms = 0;
  uint32_t drain_timeout_ms = 30000;
};

constexpr char kFooter[] =
    "Example:\n"
    "  springboard_server --listen=unix:/run/springboard.sock --listen=127.0.0.1:7000\n"
    "\n"
    "Prints \"listening on ADDRESS...\" once it serves. SIGTERM or SIGINT: health checks answer\n"
    "NOT_SERVING, running calls finish, exit 0; a second signal ends it at once.\n"
    "Exit codes: 0 stopped as told, 1 cannot serve, 2 wrong flags.";

mode_t ParseMode(const std::string& text) {
  unsigned mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (error != std::errc() || end != text.data() + text.size() || mode > 0777) {
    throw CLI::ValidationError("--socket_mode", "permissions are 0 to 0777, in octal; got " + text);
  }
  return mode;
}

// A flag whose values are names or numbers, with commas between.
template <typename Id, typename Find>
void AddIds(CLI::App& app, const char* flag, const char* help, const Find& find,
            std::vector<Id>& ids) {
  app.add_option_function<std::vector<std::string>>(
         flag,
         [flag, find, &ids](const std::vector<std::string>& names) {
           for (const std::string& name : names) {
             const std::optional<Id> id = find(name);
             if (!id.has_value()) throw CLI::ValidationError(flag, "there is no " + name);
             ids.push_back(*id);
           }
         },
         help)
      ->delimiter(',')
      ->type_name("NAME|ID");
}

void AddFlags(CLI::App& app, Flags& flags) {
  ServiceLimits& limits = flags.server.limits;
  app.add_option(
         "--listen", flags.server.listen,
         "unix:/path, unix-abstract:name or host:port (port 0: any free one; 0.0.0.0 and [::] "
         "are both all addresses); repeatable "
         "[" +
             DefaultListenAddress() + "]")
      ->type_name("ADDRESS")
      ->allow_extra_args(false);
  app.add_option_function<std::string>(
         "--socket_mode",
         [&flags](const std::string& text) { flags.server.socket_mode = ParseMode(text); },
         "Permissions of unix sockets, in octal")
      ->type_name("MODE")
      ->default_str("0600");
  AddIds(app, "--allow_user", "Users whose processes may connect to unix sockets", FindUser,
         flags.server.connections.unix_peers.uids);
  AddIds(app, "--allow_group", "Groups whose members may, too", FindGroup,
         flags.server.connections.unix_peers.gids);
  app.add_option("--max_descriptors", flags.server.connections.max_descriptors,
                 "Open descriptors beyond which connections are refused; 0 for 64 less than the "
                 "process may have")
      ->capture_default_str();
  app.add_option("--max_parameters", limits.max_parameters, "Parameters of a signature")
      ->check(CLI::Range(uint32_t{0}, static_cast<uint32_t>(Signature::kMaxParameters)))
      ->capture_default_str();
  app.add_option("--max_batch_items", limits.max_batch_items, "Trampolines in one batch")
      ->check(CLI::Range(uint32_t{1}, kMaxBatchItems))
      ->capture_default_str();
  app.add_option("--max_message_bytes", limits.max_message_bytes, "Bytes of one request")
      ->check(CLI::Range(uint32_t{1024}, uint32_t{1} << 30))
      ->capture_default_str();
  app.add_option("--drain_delay_ms", flags.drain_delay_ms,
                 "How long to go on serving with health NOT_SERVING before draining")
      ->check(CLI::Range(uint32_t{0}, uint32_t{600000}))
      ->capture_default_str();
  app.add_option("--drain_timeout_ms", flags.drain_timeout_ms,
                 "How long running calls may take to finish")
      ->check(CLI::Range(uint32_t{0}, uint32_t{600000}))
      ->capture_default_str();
}

// Blocks the signals that stop the server, in every thread made from now on.
sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

int Serve(const Flags& flags) {
  // Whoever read the ready line may be gone.
  std::signal(SIGPIPE, SIG_IGN);
  const sigset_t signals = BlockStopSignals();
  const absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(flags.server);
  if (!server.ok()) {
    std::cerr << "springboard_server: " << server.status().message() << "\n";
    return 1;
  }
  std::cout << "listening on " << absl::StrJoin((*server)->addresses(), " ") << std::endl;

  int signal = 0;
  sigwait(&signals, &signal);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  (*server)->AnnounceShutdown();
  absl::SleepFor(absl::Milliseconds(flags.drain_delay_ms));
  (*server)->Drain(absl::Milliseconds(flags.drain_timeout_ms));
  return 0;
}

int Main(int argc, char** argv) {
  CLI::App app("Compiles call trampolines for the clients that connect to it.",
               "springboard_server");
  Flags flags;
  AddFlags(app, flags);
  app.footer(kFooter);
  app.set_version_flag("--version", kVersion);
  const CommandLine line = SplitCommandLine(argc, argv);
  if (!line.operands.empty()) {
    std::cerr << "springboard_server: takes options only; got " << line.operands[0] << "\n";
    return kExitUsage;
  }
  if (const std::optional<int> code = ParseOptions(app, line.options, kExitUsage)) return *code;
  if (flags.server.listen.empty()) flags.server.listen = {DefaultListenAddress()};
  return Serve(flags);
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) { return springboard::Main(argc, argv); }
