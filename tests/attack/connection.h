#ifndef SPRINGBOARD_TESTS_ATTACK_CONNECTION_H_
#define SPRINGBOARD_TESTS_ATTACK_CONNECTION_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace springboard {

// A raw connection to a server: unix:/path, or a port of 127.0.0.1, to which it comes from
// 127.0.0.2, as another machine than the clients that are served meanwhile. Not thread-safe.
class Connection {
 public:
  // Whether it is there is is_open().
  explicit Connection(const std::string& address);
  ~Connection();
  Connection(Connection&& other) noexcept;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool is_open() const { return fd_ >= 0; }

  // False if the server has hung up, or does not take all of it within the time. Reads and drops
  // what the server says meanwhile, if `reads`.
  bool Send(absl::string_view bytes, absl::Duration within = absl::Milliseconds(500),
            bool reads = true);

  // Reads and drops for so long; false once the server has hung up.
  bool Drop(absl::Duration time);

 private:
  int fd_ = -1;
};

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_ATTACK_CONNECTION_H_
