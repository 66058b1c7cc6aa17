#ifndef SPRINGBOARD_CLIENT_C_REMOTE_H_
#define SPRINGBOARD_CLIENT_C_REMOTE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "client/source/trampoline_source.h"

// What the full library has and the slim one has not: everything that needs gRPC. Each links an
// implementation of its own.

namespace springboard {

// Error: UNIMPLEMENTED.
absl::StatusOr<std::shared_ptr<TrampolineSource>> MakeRemoteSource(const std::string& address);

// A server for tests.
class TestServer {
 public:
  virtual ~TestServer() = default;
  virtual const std::string& address() const = 0;
};

// Errors: UNIMPLEMENTED, and those of LocalServer::Start().
absl::StatusOr<std::unique_ptr<TestServer>> StartTestServer();

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_C_REMOTE_H_
