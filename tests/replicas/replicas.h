#ifndef SPRINGBOARD_TESTS_REPLICAS_REPLICAS_H_
#define SPRINGBOARD_TESTS_REPLICAS_REPLICAS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/client/chaos/server_victim.h"
#include "tests/support/files.h"
#include "tests/support/subprocess.h"

namespace springboard {

// How clients get to replicas.
enum class Through : uint8_t { kDirect, kHaproxy };

struct ReplicasOptions {
  std::string program = "server/springboard_server";
  Through through = Through::kDirect;
  std::string host = "127.0.0.1";           // Of the replicas; the proxy is on loopback.
  std::vector<std::string> command_prefix;  // What runs the program, if it is not run as it is.
  int drain_delay_ms = 0;
};

// Three servers that share nothing, and HAProxy before them if clients go through it.
class Replicas {
 public:
  static constexpr size_t kCount = 3;

  // Returns when they serve. Error: UNAVAILABLE, with what did not start.
  static absl::StatusOr<std::unique_ptr<Replicas>> Start(const ReplicasOptions& options);

  // What clients connect to.
  const std::string& address() const { return address_; }

  ServerVictim& operator[](size_t index) { return *servers_[index]; }

 private:
  Replicas() = default;

  absl::Status StartHaproxy(const ReplicasOptions& options, const std::vector<int>& ports,
                            const std::vector<int>& http_ports);

  std::vector<std::unique_ptr<ServerVictim>> servers_;
  TemporaryFolder folder_;
  std::unique_ptr<RunningProgram> haproxy_;
  std::string address_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_REPLICAS_REPLICAS_H_
