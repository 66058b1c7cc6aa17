#ifndef SPRINGBOARD_SERVER_SERVER_H_
#define SPRINGBOARD_SERVER_SERVER_H_

#include <grpcpp/server.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/signing.h"
#include "server/acceptor.h"
#include "server/access_control.h"
#include "server/call_observer.h"
#include "server/credentials.h"
#include "server/listening_socket.h"
#include "server/service.h"
#include "server/transport.h"
#include "server/unknown_methods.h"

namespace springboard {

struct ServerOptions {
  // unix:/path, unix-abstract:name or host:port; port 0 takes a free one. At least one.
  std::vector<std::string> listen;
  mode_t socket_mode = 0600;  // Of unix sockets that are files.
  Acceptor::Options connections;
  SecurityOptions security;
  TransportLimits transport;
  ServiceLimits limits;
  std::shared_ptr<CallObserver> observer;  // Is told of every call, if it is not null.
  // Takes what an operator should know, a line at a time; stderr, if it is empty.
  std::function<void(absl::string_view line)> warn;
};

// What a server does now, and has done.
struct ServerState {
  bool is_serving = false;  // As health checks have it.
  RunningCalls::Counts running;
  Acceptor::Counts connections;
};

// A running compile server with health checking (grpc.health.v1) and reflection. Thread-safe.
class Server {
 public:
  // Whether a server with sockets of these kinds could start: files are read, and nothing is
  // changed. No sockets are ones that are not known yet. Errors: INVALID_ARGUMENT,
  // ACCESS_WITHOUT_TLS, for access control that has no socket; those of CheckCredentials(),
  // CheckTlsFiles(), AccessControl::Check() and SigningKey::Read().
  static absl::Status Check(const ServerOptions& options, absl::Span<const AddressKind> addresses);

  // Listens, and serves from then on. Errors: those of ListeningSocket::OpenAll(), Check() and
  // MirrorTlsFiles().
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options);

  // The same on sockets that listen already; `options.listen` and `socket_mode` do not matter.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options,
                                                       std::vector<ListeningSocket> sockets);

  // Ends calls at once, as Drain() with a deadline that is past.
  ~Server();

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Where it listens, with the ports it took; a host that has several addresses once.
  absl::Span<const std::string> addresses() const { return addresses_; }

  // Takes the signing key, the access control's files and the limits of requests and calls as they
  // are now, but for max_message_bytes, which is gRPC's; the rest of `options` is not looked at.
  // Errors, and then all is as before: those of AccessControl::Reload() and SigningKey::Read();
  // FAILED_PRECONDITION, if there was no access control and is to be, or the other way round.
  absl::Status Reload(const ServerOptions& options);

  ServerState state() const;

  // Answers health checks with NOT_SERVING from now on; goes on serving.
  void AnnounceShutdown();

  // Takes no more calls and lets running ones finish; cancels those still running after
  // `timeout`. Closes connections that only watch or idle. Returns when all have ended.
  void Drain(absl::Duration timeout);

 private:
  Server(const ServerOptions& options, std::optional<SigningKey> key, ClientNames client_names)
      : service_(options.limits, std::move(key), options.observer, client_names),
        unknown_methods_(options.observer) {}

  std::shared_ptr<AccessControl> access_;  // Null without access control.
  std::atomic<bool> is_serving_ = false;
  TrampolineCompilerService service_;
  UnknownMethods unknown_methods_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Acceptor> acceptor_;
  std::vector<std::string> addresses_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_SERVER_H_
