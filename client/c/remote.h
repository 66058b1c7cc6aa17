#ifndef SPRINGBOARD_CLIENT_C_REMOTE_H_
#define SPRINGBOARD_CLIENT_C_REMOTE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/source/trampoline_source.h"

// What the full library has and the slim one has not: everything that needs gRPC. Each links an
// implementation of its own.

namespace springboard {

// Error: UNIMPLEMENTED.
absl::StatusOr<std::shared_ptr<TrampolineSource>> MakeRemoteSource(const std::string& address);

// What a test server does wrong: ServerFaults, of which the slim library knows nothing.
struct Faults {
  absl::Duration delay;
  absl::StatusCode error;
  bool gives_wrong_code;
  bool gives_garbage;
  std::string api_version;
};

// A server for tests.
class TestServer {
 public:
  virtual ~TestServer() = default;
  virtual const std::string& address() const = 0;

  // Of one that does wrong; of others FAILED_PRECONDITION, NO_FAULTS.
  virtual absl::Status SetFaults(const Faults& faults) = 0;
  virtual absl::Status Disconnect() = 0;
  virtual uint64_t calls() const = 0;
};

enum class TestServerKind : uint8_t { kReal, kFaulty };

// Errors: UNIMPLEMENTED, and those of LocalServer::Start() or FaultyServer::Start().
absl::StatusOr<std::unique_ptr<TestServer>> StartTestServer(TestServerKind kind);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_C_REMOTE_H_
