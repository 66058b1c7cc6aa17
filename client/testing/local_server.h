#ifndef SPRINGBOARD_CLIENT_TESTING_LOCAL_SERVER_H_
#define SPRINGBOARD_CLIENT_TESTING_LOCAL_SERVER_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "server/server.h"

namespace springboard {

// A real server on a socket of its own, inside the test's process, until destruction:
//
//   const absl::StatusOr<LocalServer> server = LocalServer::Start();
//   RemoteSource source(server->address());
//
// Move-only. Thread-safe.
class LocalServer {
 public:
  // Starts one with these limits. Errors: those of Server::Start().
  static absl::StatusOr<LocalServer> Start(const ServiceLimits& limits = {});

  // What to connect to. Nobody else uses it.
  const std::string& address() const { return server_->addresses().front(); }

 private:
  explicit LocalServer(std::unique_ptr<Server> server) : server_(std::move(server)) {}

  std::unique_ptr<Server> server_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_TESTING_LOCAL_SERVER_H_
