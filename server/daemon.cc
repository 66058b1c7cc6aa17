#include "server/daemon.h"

#include <grpcpp/ext/channelz_service_plugin.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/tls_files.h"
#include "common/tls_mirror.h"
#include "common/version.h"
#include "server/grpc_log.h"
#include "server/heap.h"
#include "server/http_endpoint.h"
#include "server/listening_socket.h"
#include "server/log.h"
#include "server/memory_guard.h"
#include "server/metrics.h"
#include "server/peer_policy.h"
#include "server/privileges.h"
#include "server/server.h"
#include "server/service_manager.h"
#include "server/system_call_filter.h"

namespace springboard {
namespace {

// How long the last lines of the log may take.
constexpr absl::Duration kLastLines = absl::Seconds(1);

// Blocks the signals that the main thread waits for, in every thread made from now on.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// Tells the log and the metrics.
class CallObservers final : public CallObserver {
 public:
  CallObservers(std::shared_ptr<Log> log, std::shared_ptr<Metrics> metrics)
      : log_(std::move(log)), metrics_(std::move(metrics)) {}

  void OnCall(const CallRecord& call) override {
    if (metrics_ != nullptr) metrics_->OnCall(call);
    log_->OnCall(call);
  }

 private:
  const std::shared_ptr<Log> log_;
  const std::shared_ptr<Metrics> metrics_;
};

// The sockets, and of root's rights none.
absl::StatusOr<std::vector<ListeningSocket>> OpenAndDropPrivileges(const Settings& settings) {
  Identity identity = settings.identity;
  absl::Status status = CompleteIdentity(&identity);
  if (!status.ok()) return status;
  absl::StatusOr<std::vector<ListeningSocket>> sockets = TakeInheritedSockets();
  if (!sockets.ok()) return sockets;
  std::vector<std::string> listen = settings.server.listen;
  if (listen.empty() && sockets->empty()) listen = {DefaultListenAddress()};
  if (!listen.empty()) {
    absl::StatusOr<std::vector<ListeningSocket>> opened =
        ListeningSocket::OpenAll(listen, settings.server.socket_mode);
    if (!opened.ok()) return opened;
    std::move(opened->begin(), opened->end(), std::back_inserter(*sockets));
  }
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

MetricsLimits LimitsOf(const Settings& settings, uint64_t max_descriptors) {
  const CallLimits& calls = settings.server.limits.calls;
  return {calls.max_calls, calls.max_answer_bytes, settings.max_resident_bytes, max_descriptors};
}

// A server with all that belongs to its process.
class Daemon {
 public:
  Daemon(const std::vector<std::string>& command_line, Configuration configuration)
      : command_line_(command_line), configuration_(std::move(configuration)) {}

  // Serves, and can do nothing else.
  absl::Status Start() {
    absl::StatusOr<ServiceManager> manager = ServiceManager::Connect();
    if (!manager.ok()) return manager.status();
    manager_.emplace(*std::move(manager));
    absl::StatusOr<std::vector<ListeningSocket>> sockets =
        OpenAndDropPrivileges(configuration_.settings);
    if (!sockets.ok()) return sockets.status();
    // It makes a thread, and each thread would have the rights that it began with.
    log_ = std::make_shared<Log>(configuration_.settings.log);
    SendGrpcLogTo(log_);
    const bool has_paths = std::any_of(sockets->begin(), sockets->end(),
                                       [](const ListeningSocket& one) { return one.has_path(); });
    absl::Status status = StartServer(*std::move(sockets));
    if (!status.ok()) return status;
    status = StartHttp();
    if (!status.ok()) return status;
    status = StartMemoryGuard(max_resident_bytes_, [log = log_](const std::string& why) {
      log->Error(why);
      log->Flush(kLastLines);
    });
    if (!status.ok()) return status;
    StartTrimmingHeap();
    CloseNameLookups();
    return InstallSystemCallFilter(configuration_.settings.filter, has_paths);
  }

  // Says so to everybody who wants to know.
  void Announce() {
    const std::string addresses = absl::StrJoin(server_->addresses(), " ");
    const std::string http = http_ == nullptr ? "" : absl::StrCat(", http on ", http_->address());
    std::cout << "listening on " << addresses << http << std::endl;
    log_->Info("serving", {{"addresses", addresses}, {"version", kVersion}});
    for (const std::string& warning : configuration_.warnings) log_->Warning(warning);
    const SecurityOptions& security = configuration_.settings.server.security;
    if (security.is_insecure && !security.tls.has_any()) {
      log_->Warning("--insecure: who can reach this server sees and changes what it answers");
    }
    manager_->Ready(absl::StrCat("listening on ", addresses));
  }

  void Reload() {
    manager_->Reloading();
    absl::StatusOr<Configuration> loaded = LoadConfiguration(command_line_);
    absl::Status status = loaded.status();
    if (status.ok()) status = server_->Reload(loaded->settings.server);
    if (metrics_ != nullptr) metrics_->CountReload(status.ok());
    if (status.ok()) {
      for (const std::string& change : ChangesForRestart(configuration_, *loaded)) {
        log_->Warning("changes with a restart only", {{"setting", change}});
      }
      Take(*loaded);
      log_->Info("reloaded");
    } else {
      log_->Error("cannot reload; all is as before", {{"error", status.message()}});
    }
    manager_->Ready(absl::StrCat("listening on ", absl::StrJoin(server_->addresses(), " ")));
  }

  // After Start() has failed: leaves nothing behind.
  void Abandon() {
    if (server_ != nullptr) server_->Drain(absl::ZeroDuration());
    if (log_ != nullptr) log_->Flush(kLastLines);
  }

  void Stop() {
    const Settings& settings = configuration_.settings;
    manager_->Stopping();
    log_->Info("draining");
    server_->AnnounceShutdown();
    absl::SleepFor(absl::Milliseconds(settings.drain_delay_ms));
    server_->Drain(absl::Milliseconds(settings.drain_timeout_ms));
    log_->Info("stopped");
    log_->Flush(kLastLines);
  }

 private:
  absl::Status StartServer(std::vector<ListeningSocket> sockets) {
    Settings& settings = configuration_.settings;
    if (settings.has_channelz) grpc::channelz::experimental::InitChannelzService();
    if (!settings.http_listen.empty()) metrics_ = std::make_shared<Metrics>();
    settings.server.observer = std::make_shared<CallObservers>(log_, metrics_);
    settings.server.warn = [log = log_](absl::string_view line) { log->Warning(line); };
    absl::StatusOr<std::unique_ptr<Server>> server =
        Server::Start(settings.server, std::move(sockets));
    if (!server.ok()) return server.status();
    server_ = *std::move(server);
    if (settings.server.security.tls.has_any()) {
      // Shared with the server, which has just made it.
      const absl::StatusOr<TlsFiles> served = MirrorTlsFiles(settings.server.security.tls, nullptr);
      if (!served.ok()) return served.status();
      served_certificate_ = served->certificate;
    }
    *max_resident_bytes_ = settings.max_resident_bytes;
    return absl::OkStatus();
  }

  absl::Status StartHttp() {
    const Settings& settings = configuration_.settings;
    if (settings.http_listen.empty()) return absl::OkStatus();
    metrics_->SetLimits(LimitsOf(settings, server_->state().connections.max_descriptors));
    absl::StatusOr<std::unique_ptr<HttpEndpoint>> http = HttpEndpoint::Start(
        settings.http_listen,
        {[this] { return Scrape(); }, [this] { return server_->state().is_serving; }});
    if (!http.ok()) return http.status();
    http_ = *std::move(http);
    return absl::OkStatus();
  }

  std::string Scrape() {
    MetricsSnapshot snapshot;
    snapshot.server = server_->state();
    snapshot.process = ReadProcessState();
    snapshot.dropped_log_lines = log_->dropped();
    if (!served_certificate_.empty()) {
      snapshot.certificate_end = CertificateEnd(served_certificate_).value_or(absl::InfinitePast());
    }
    return metrics_->Render(snapshot);
  }

  // What Server::Reload() does not; the rest of the running settings stays.
  void Take(const Configuration& loaded) {
    const Settings& now = loaded.settings;
    *max_resident_bytes_ = now.max_resident_bytes;
    log_->Reload(now.log);
    if (metrics_ != nullptr) {
      metrics_->SetLimits(LimitsOf(now, server_->state().connections.max_descriptors));
    }
    configuration_.settings.drain_delay_ms = now.drain_delay_ms;
    configuration_.settings.drain_timeout_ms = now.drain_timeout_ms;
  }

  const std::vector<std::string> command_line_;
  Configuration configuration_;
  std::shared_ptr<Log> log_;
  std::shared_ptr<Metrics> metrics_;  // Null without HTTP.
  std::optional<ServiceManager> manager_;
  const std::shared_ptr<std::atomic<uint64_t>> max_resident_bytes_ =
      std::make_shared<std::atomic<uint64_t>>(0);
  std::unique_ptr<Server> server_;
  std::unique_ptr<HttpEndpoint> http_;
  std::string served_certificate_;  // The file that is shown to gRPC, which may be an older one.
};

}  // namespace

absl::Status CheckConfiguration(const Configuration& configuration) {
  const Settings& settings = configuration.settings;
  std::vector<AddressKind> addresses;
  // Without any a service manager may give them.
  if (!settings.server.listen.empty()) {
    absl::StatusOr<std::vector<AddressKind>> described = DescribeAddresses(settings.server.listen);
    if (!described.ok()) return described.status();
    addresses = *std::move(described);
  }
  Identity identity = settings.identity;
  absl::Status status = CompleteIdentity(&identity);
  if (status.ok()) status = Server::Check(settings.server, addresses);
  if (status.ok() && !settings.http_listen.empty()) {
    status = HttpEndpoint::Check(settings.http_listen);
  }
  return status;
}

absl::Status RunDaemon(const std::vector<std::string>& command_line, Configuration configuration) {
  // Whoever read the ready line may be gone.
  std::signal(SIGPIPE, SIG_IGN);
  const sigset_t signals = BlockSignals();
  // Never destroyed: its threads for HTTP answer until the process ends.
  static auto* const daemon = new Daemon(command_line, std::move(configuration));
  absl::Status status = daemon->Start();
  if (!status.ok()) {
    daemon->Abandon();
    return status;
  }
  daemon->Announce();
  int signal = 0;
  while (sigwait(&signals, &signal) == 0 && signal == SIGHUP) daemon->Reload();
  // A second signal ends it at once; SIGHUP has nothing to do any more.
  std::signal(SIGHUP, SIG_IGN);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  daemon->Stop();
  return absl::OkStatus();
}

}  // namespace springboard
