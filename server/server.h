#ifndef SPRINGBOARD_SERVER_SERVER_H_
#define SPRINGBOARD_SERVER_SERVER_H_

#include <grpcpp/server.h>

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
#include "server/credentials.h"
#include "server/listening_socket.h"
#include "server/service.h"
#include "server/unknown_methods.h"

namespace springboard {

// What gRPC is told to bear of connections. 0: no limit, of memory, age, idle time and keepalive.
struct TransportLimits {
  uint64_t memory_bytes = 256 << 20;              // Of all buffers together.
  uint32_t max_streams_of_connection = 200;       // At a time.
  uint32_t max_metadata_bytes = 16 << 10;         // Of one call's headers.
  absl::Duration handshake = absl::Seconds(10);   // Until a connection has said what it is.
  absl::Duration max_age = absl::ZeroDuration();  // Then it is asked to go, and let finish.
  absl::Duration max_age_grace = absl::Seconds(30);
  absl::Duration max_idle = absl::Minutes(5);   // Without a call.
  absl::Duration keepalive = absl::Minutes(1);  // Silence, after which a peer is pinged.
  absl::Duration keepalive_timeout = absl::Seconds(20);
  // Of peers; two more often end them. Clients of several servers ping every 2 s.
  absl::Duration min_ping_interval = absl::Seconds(1);
};

struct ServerOptions {
  // unix:/path, unix-abstract:name or host:port; port 0 takes a free one. At least one.
  std::vector<std::string> listen;
  mode_t socket_mode = 0600;  // Of unix sockets that are files.
  Acceptor::Options connections;
  SecurityOptions security;
  TransportLimits transport;
  ServiceLimits limits;
};

// A running compile server with health checking (grpc.health.v1) and reflection. Thread-safe.
class Server {
 public:
  // Listens, and serves from then on. Errors: those of ListeningSocket::OpenAll(),
  // MakeServerCredentials(), CheckTlsFiles() and SigningKey::Read().
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

  // Answers health checks with NOT_SERVING from now on; goes on serving.
  void AnnounceShutdown();

  // Takes no more calls and lets running ones finish; cancels those still running after
  // `timeout`. Closes connections that only watch or idle. Returns when all have ended.
  void Drain(absl::Duration timeout);

 private:
  Server(const ServiceLimits& limits, std::optional<SigningKey> key)
      : service_(limits, std::move(key)) {}

  TrampolineCompilerService service_;
  UnknownMethods unknown_methods_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Acceptor> acceptor_;
  std::vector<std::string> addresses_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_SERVER_H_
