#include "server/settings.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "absl/time/time.h"
#include "server/listening_socket.h"
#include "server/peer_policy.h"

namespace springboard {
namespace {

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

void AddConfinementFlags(CLI::App& app, Settings& settings) {
  AddId(app, "--user",
        "Whom to become once the sockets are there and theirs; files are read as this user",
        FindUser, settings.identity.user);
  AddId(app, "--group", "The only group to be in, if it is not the user's own", FindGroup,
        settings.identity.group);
  app.add_option_function<std::string>(
         "--system_calls",
         [&settings](const std::string& name) {
           settings.filter = name == "kill"   ? SystemCallFilter::kKill
                             : name == "deny" ? SystemCallFilter::kDeny
                                              : SystemCallFilter::kOff;
         },
         "Others than a server needs end the process (kill), fail (deny) or are not kept from it "
         "(all)")
      ->check(CLI::IsMember({"kill", "deny", "all"}))
      ->type_name("WHICH")
      ->default_str("kill");
}

void AddObservationFlags(CLI::App& app, Settings& settings) {
  app.add_option(
         "--http_listen", settings.http_listen,
         "Serve /metrics (Prometheus), /healthz and /livez in plain HTTP there; port 0 takes "
         "a free one")
      ->type_name("HOST:PORT");
  app.add_flag("--channelz,!--no_channelz", settings.has_channelz,
               "Serve gRPC's channelz, which shows connections and their peers")
      ->default_str("true");
  app.add_option_function<std::string>(
         "--log_format",
         [&settings](const std::string& name) {
           settings.log.format = name == "json" ? LogFormat::kJson : LogFormat::kText;
         },
         "Lines on stderr: text, or JSON objects")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("FORMAT")
      ->default_str("text");
  app.add_option_function<std::string>(
         "--log_level",
         [&settings](const std::string& name) { settings.log.level = *FindLogLevel(name); },
         "What is logged: this and all that is worse; info has a line for each call")
      ->check(CLI::IsMember({"info", "warning", "error"}))
      ->type_name("LEVEL")
      ->default_str("info");
  app.add_option(
         "--log_calls_per_second", settings.log.calls_per_second,
         "Lines for calls in a second, and as many again for those that failed; beyond them "
         "calls are counted, and the next line has their number")
      ->check(CLI::Range(uint32_t{0}, uint32_t{1000000}))
      ->capture_default_str();
}

// What a call may be, and how many there may be.
void AddCallLimits(CLI::App& app, ServiceLimits& service) {
  RequestLimits& limits = service.requests;
  CallLimits& calls = service.calls;
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
}

// Who may connect and call, and how they know the server.
void AddSecurityFlags(CLI::App& app, ServerOptions& server) {
  AddIds(app, "--allow_user", "Users whose processes may connect to unix sockets", FindUser,
         server.connections.unix_peers.uids);
  AddIds(app, "--allow_group", "Groups whose members may, too", FindGroup,
         server.connections.unix_peers.gids);
  TlsFiles& tls = server.security.tls;
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
  app.add_option("--access_policy", server.security.access.policy,
                 "Who may call which methods through TLS: lines METHOD WHO..., WHO being anyone, "
                 "token, san:NAME, san:*.DOMAIN or uri:URI")
      ->type_name("FILE");
  app.add_option(
         "--access_tokens", server.security.access.tokens,
         "Bearer tokens, a line each, read again when it changes; without a policy they are "
         "for all methods")
      ->type_name("FILE");
  app.add_option("--signing_key", server.security.signing_key,
                 "An Ed25519 private key in PEM, with which responses are signed")
      ->type_name("FILE");
  app.add_flag("--insecure", server.security.is_insecure, "Serve plain TCP to other machines")
      ->default_str("false");
}

}  // namespace

void AddSettings(CLI::App& app, Settings& settings) {
  app.add_option(
         "--listen", settings.server.listen,
         "unix:/path, unix-abstract:name or host:port (port 0: any free one; 0.0.0.0 and [::] "
         "are both all addresses); repeatable")
      ->type_name("ADDRESS")
      ->default_str(DefaultListenAddress())
      ->allow_extra_args(false);
  app.add_option_function<std::string>(
         "--socket_mode",
         [&settings](const std::string& text) { settings.server.socket_mode = ParseMode(text); },
         "Permissions of unix sockets, in octal")
      ->type_name("MODE")
      ->default_str("0600");
  AddSecurityFlags(app, settings.server);
  app.add_option("--max_descriptors", settings.server.connections.max_descriptors,
                 "Open descriptors beyond which connections are refused; 0 for 64 less than the "
                 "process may have")
      ->capture_default_str();
  AddCallLimits(app, settings.server.limits);
  app.add_option("--max_resident_bytes", settings.max_resident_bytes,
                 "Memory with which the server ends, for its supervisor to start it again; 0 for "
                 "any amount")
      ->check(CLI::Range(uint64_t{0}, uint64_t{1} << 40))
      ->capture_default_str();
  AddTransportFlags(app, settings.server.transport);
  AddConfinementFlags(app, settings);
  AddObservationFlags(app, settings);
  app.add_option("--drain_delay_ms", settings.drain_delay_ms,
                 "How long to go on serving with health NOT_SERVING before draining")
      ->check(CLI::Range(uint32_t{0}, uint32_t{600000}))
      ->capture_default_str();
  app.add_option("--drain_timeout_ms", settings.drain_timeout_ms,
                 "How long running calls may take to finish")
      ->check(CLI::Range(uint32_t{0}, uint32_t{600000}))
      ->capture_default_str();
}

}  // namespace springboard
