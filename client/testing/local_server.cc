#include "client/testing/local_server.h"

#include <random>

#include "absl/strings/str_cat.h"

namespace springboard {

absl::StatusOr<LocalServer> LocalServer::Start(const ServiceLimits& limits) {
  ServerOptions options;
  options.limits = limits;
  // Abstract names need no file system and vanish with the process. Random, since sandboxes share
  // them, but not process ids.
  std::random_device random;
  options.listen = {
      absl::StrCat("unix-abstract:springboard-", absl::Hex(random()), absl::Hex(random()))};
  absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(options);
  if (!server.ok()) return server.status();
  return LocalServer(*std::move(server));
}

}  // namespace springboard
