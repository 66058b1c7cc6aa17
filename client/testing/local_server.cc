#include "client/testing/local_server.h"

#include <unistd.h>

#include <atomic>

#include "absl/strings/str_cat.h"

namespace springboard {

absl::StatusOr<LocalServer> LocalServer::Start(const ServiceLimits& limits) {
  static std::atomic<int> started = 0;
  ServerOptions options;
  options.limits = limits;
  // Abstract names need no file system and vanish with the process.
  options.listen = {absl::StrCat("unix-abstract:springboard-test-", getpid(), "-", started++)};
  absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(options);
  if (!server.ok()) return server.status();
  return LocalServer(*std::move(server));
}

}  // namespace springboard
