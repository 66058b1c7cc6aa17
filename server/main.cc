// springboard_server: serves the TrampolineCompiler until it is told to stop.

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
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
#include "server/memory_guard.h"
#include "server/peer_policy.h"
#include "server/privileges.h"
#include "server/server.h"
#include "server/system_call_filter.h"

namespace springboard {
namespace {

constexpr int kExitUsage = 2;

// The sanitizers make system calls of their own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr SystemCallFilter kDefaultFilter = SystemCallFilter::kOff;
#else
constexpr SystemCallFilter kDefaultFilter = SystemCallFilter::kKill;
#endif

struct Flags {
  ServerOptions server;
  Identity identity;
  SystemCallFilter filter = kDefaultFilter;
  uint64_t max_resident_bytes = 512 << 20;
  uint32_t drain_delay_ms = 0;
  uint32_t drain_timeout_ms = 30000;
};

constexpr char kFooter[] =
    "Example:\n"
    "  springboard_server --listen=unix:/run/springboard.sock --listen=127.0.0.1:7000\n"
    "\n"
    "Prints \"listening on ADDRESS...\" once it serves. SIGTERM or SIGINT: health checks answer\n"
    "NOT_SERVING, running calls finish, exit 0; a second signal ends it at once.\n"
    "Exit codes: 0 stopped as told, 1 cannot serve, 2 wrong flags, 3 too much memory.";

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

// A flag whose value is a name or a number.
template <typename Id, typename Find>
void AddId(CLI::App& app, const char* flag, const char* help, const Find& find,
           std::optional<Id>& id) {
  app.add_option_function<std::string>(
         flag,
         [flag, find, &id](const std::string& name) {
           id = find(name);
           if (!id.has_value()) throw CLI::ValidationError(flag, "there is no " + name);
         },
         help)
      ->type_name("NAME|ID");
}

void AddDuration(CLI::App& app, const char* flag, const char* help, absl::Duration& duration,
                 uint32_t min_seconds = 0) {
  app.add_option_function<uint32_t>(
         flag, [&duration](uint32_t seconds) { duration = absl::Seconds(seconds); }, help)
      ->check(CLI::Range(min_seconds, uint32_t{86400}))
      ->type_name("SECONDS")
      ->default_str(std::to_string(absl::ToInt64Seconds(duration)));
}

void AddTransportFlags(CLI::App& app, TransportLimits& limits) {
  app.add_option("--memory_quota_bytes", limits.memory_bytes,
                 "What gRPC may take for all connections together; 0 for any amount")
      ->check(CLI::Range(uint64_t{0}, uint64_t{1} << 40))
      ->capture_default_str();
  app.add_option("--max_streams_of_connection", limits.max_streams_of_connection,
                 "Calls of one connection at a time")
      ->check(CLI::Range(uint32_t{1}, uint32_t{100000}))
      ->capture_default_str();
  app.add_option("--max_metadata_bytes", limits.max_metadata_bytes, "Headers of one call")
      ->check(CLI::Range(uint32_t{1024}, uint32_t{1} << 20))
      ->capture_default_str();
  AddDuration(app, "--handshake_seconds",
              "How long a connection may take to say what it is, at least 1", limits.handshake, 1);
  AddDuration(app, "--max_connection_age_seconds",
              "How old a connection gets before it is asked to go; 0 for any age", limits.max_age);
  AddDuration(app, "--max_connection_age_grace_seconds", "How long its calls may go on then",
              limits.max_age_grace);
  AddDuration(app, "--max_connection_idle_seconds",
              "How long a connection may have no call; 0 for any time", limits.max_idle);
  AddDuration(app, "--keepalive_seconds", "Silence after which a peer is pinged; 0 for never",
              limits.keepalive);
  AddDuration(app, "--keepalive_timeout_seconds", "How long it may take to answer",
              limits.keepalive_timeout);
  AddDuration(app, "--min_ping_interval_seconds",
              "How often a peer may ping without data; one that does more often is cut off",
              limits.min_ping_interval);
}

void AddConfinementFlags(CLI::App& app, Flags& flags) {
  AddId(app, "--user",
        "Whom to become once the sockets are there and theirs; files are read as this user",
        FindUser, flags.identity.user);
  AddId(app, "--group", "The only group to be in, if it is not the user's own", FindGroup,
        flags.identity.group);
  app.add_option_function<std::string>(
         "--system_calls",
         [&flags](const std::string& name) {
           flags.filter = name == "kill"   ? SystemCallFilter::kKill
                          : name == "deny" ? SystemCallFilter::kDeny
                                           : SystemCallFilter::kOff;
         },
         "Others than a server needs end the process (kill), fail (deny) or are not kept from it "
         "(all)")
      ->check(CLI::IsMember({"kill", "deny", "all"}))
      ->type_name("WHICH")
      ->default_str("kill");
}

void AddFlags(CLI::App& app, Flags& flags) {
  RequestLimits& limits = flags.server.limits.requests;
  CallLimits& calls = flags.server.limits.calls;
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
  TlsFiles& tls = flags.server.security.tls;
  app.add_option(
         "--tls_certificate", tls.certificate,
         "Certificate chain in PEM, with which TCP is encrypted; read again when it changes. "
         "With the key in the same file both change at a time")
      ->type_name("FILE");
  app.add_option("--tls_key", tls.key, "Its private key, if it is not in the same file")
      ->type_name("FILE");
  app.add_option("--tls_client_authorities", tls.authorities,
                 "Clients must have a certificate of one of these")
      ->type_name("FILE");
  app.add_option("--access_policy", flags.server.security.access_policy,
                 "Who may call which methods through TLS: lines METHOD WHO..., WHO being anyone, "
                 "token, san:NAME, san:*.DOMAIN or uri:URI")
      ->type_name("FILE");
  app.add_option(
         "--access_tokens", flags.server.security.access_tokens,
         "Bearer tokens, a line each, read again when it changes; without a policy they are "
         "for all methods")
      ->type_name("FILE");
  app.add_option("--signing_key", flags.server.security.signing_key,
                 "An Ed25519 private key in PEM, with which responses are signed")
      ->type_name("FILE");
  app.add_flag("--insecure", flags.server.security.is_insecure,
               "Serve plain TCP to other machines");
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
  app.add_option("--max_response_bytes", limits.max_response_bytes,
                 "Bytes of one answer; clients take 33554432")
      ->check(CLI::Range(uint64_t{65536}, uint64_t{INT32_MAX}))
      ->capture_default_str();
  app.add_option("--max_calls", calls.max_calls, "Calls at a time; 0 for any number")
      ->capture_default_str();
  app.add_option("--max_calls_of_client", calls.max_calls_of_client,
                 "Calls of one certificate, IPv4 address or IPv6 /64 network at a time; 0 for any "
                 "number. Unix sockets' clients are not told apart")
      ->capture_default_str();
  app.add_option("--max_answer_bytes", calls.max_answer_bytes,
                 "Bytes of answers that clients have not read; 0 for any number")
      ->capture_default_str();
  AddDuration(app, "--max_call_seconds",
              "How long a call may take, with the reading of its answer; 0 for any time",
              calls.max_duration);
  app.add_option("--max_resident_bytes", flags.max_resident_bytes,
                 "Memory with which the server ends, for its supervisor to start it again; 0 for "
                 "any amount")
      ->check(CLI::Range(uint64_t{0}, uint64_t{1} << 40))
      ->capture_default_str();
  AddTransportFlags(app, flags.server.transport);
  AddConfinementFlags(app, flags);
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

// The sockets, and of root's rights none.
absl::StatusOr<std::vector<ListeningSocket>> OpenAndDropPrivileges(const Flags& flags) {
  Identity identity = flags.identity;
  absl::Status status = CompleteIdentity(&identity);
  if (!status.ok()) return status;
  absl::StatusOr<std::vector<ListeningSocket>> sockets =
      ListeningSocket::OpenAll(flags.server.listen, flags.server.socket_mode);
  if (!sockets.ok()) return sockets;
  if (identity.user.has_value() || identity.group.has_value()) {
    for (const ListeningSocket& socket : *sockets) {
      status = socket.GiveTo(identity.user.value_or(geteuid()), identity.group.value_or(getegid()));
      if (!status.ok()) return status;
    }
  }
  status = DropPrivileges(identity);
  if (!status.ok()) return status;
  return sockets;
}

// Serves, and can do nothing else.
absl::StatusOr<std::unique_ptr<Server>> StartConfined(const Flags& flags) {
  absl::StatusOr<std::vector<ListeningSocket>> sockets = OpenAndDropPrivileges(flags);
  if (!sockets.ok()) return sockets.status();
  const bool has_paths = std::any_of(sockets->begin(), sockets->end(),
                                     [](const ListeningSocket& one) { return one.has_path(); });
  absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(flags.server, *std::move(sockets));
  if (!server.ok()) return server;
  absl::Status status;
  if (flags.max_resident_bytes > 0) status = StartMemoryGuard(flags.max_resident_bytes);
  if (!status.ok()) return status;
  status = InstallSystemCallFilter(flags.filter, has_paths);
  if (!status.ok()) return status;
  return server;
}

int Serve(const Flags& flags) {
  // Whoever read the ready line may be gone.
  std::signal(SIGPIPE, SIG_IGN);
  const sigset_t signals = BlockStopSignals();
  const absl::StatusOr<std::unique_ptr<Server>> server = StartConfined(flags);
  if (!server.ok()) {
    std::cerr << "springboard_server: " << server.status().message() << "\n";
    return 1;
  }
  if (flags.server.security.is_insecure && !flags.server.security.tls.has_any()) {
    std::cerr << "springboard_server: warning: --insecure: who can reach this server sees and "
                 "changes what it answers\n";
  }
  std::cout << "listening on " << absl::StrJoin((*server)->addresses(), " ") << std::endl;

  int signal = 0;
  sigwait(&signals, &signal);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  (*server)->AnnounceShutdown();
  absl::SleepFor(absl::Milliseconds(flags.drain_delay_ms));
  (*server)->Drain(absl::Milliseconds(flags.drain_timeout_ms));
  // All is done; gRPC would wait for a thread of its own that polls for up to 10 s.
  std::quick_exit(0);
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
