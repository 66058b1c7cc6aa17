#include "client/testing/local_server.h"

#include "client/testing/own_address.h"

namespace springboard {

absl::StatusOr<LocalServer> LocalServer::Start(const ServiceLimits& limits) {
  ServerOptions options;
  options.limits = limits;
  options.listen = {OwnAddress()};
  absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(options);
  if (!server.ok()) return server.status();
  return LocalServer(*std::move(server));
}

}  // namespace springboard
