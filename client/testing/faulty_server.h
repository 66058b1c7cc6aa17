#ifndef SPRINGBOARD_CLIENT_TESTING_FAULTY_SERVER_H_
#define SPRINGBOARD_CLIENT_TESTING_FAULTY_SERVER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace springboard {

// What a FaultyServer does to calls.
struct ServerFaults {
  absl::Duration delay = absl::ZeroDuration();     // Before it answers.
  absl::StatusCode error = absl::StatusCode::kOk;  // Its answer, if it is one.
  bool gives_wrong_code = false;                   // Code with a byte changed.
  bool gives_garbage = false;                      // Bytes that are no message.
  std::string api_version;                         // It tells, if it is not empty.
};

// A server on a socket of its own, inside the test's process, that does wrong as it is told: for
// tests of what an embedder does then. Thread-safe.
class FaultyServer {
 public:
  // Starts one that does all right. Error: UNAVAILABLE, if it cannot listen.
  static absl::StatusOr<std::unique_ptr<FaultyServer>> Start();

  ~FaultyServer();

  // What to connect to.
  const std::string& address() const;

  // From now on. Calls that wait for a delay go on to.
  void SetFaults(const ServerFaults& faults);

  // Closes all connections, with the calls on them, and takes new ones. False if it cannot listen
  // again. For one thread.
  bool Disconnect();

  // So far.
  uint64_t calls() const;

 private:
  class Impl;

  explicit FaultyServer(std::unique_ptr<Impl> impl);

  const std::unique_ptr<Impl> impl_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_TESTING_FAULTY_SERVER_H_
