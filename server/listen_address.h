#ifndef SPRINGBOARD_SERVER_LISTEN_ADDRESS_H_
#define SPRINGBOARD_SERVER_LISTEN_ADDRESS_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace springboard {

// A unix socket of this user: "unix:$XDG_RUNTIME_DIR/springboard.sock", or in /tmp with the user's
// id where there is no such directory.
std::string DefaultListenAddress();

// The right to listen on an address, as far as the system knows one. gRPC itself does not say why
// it cannot listen, and takes a live server's unix socket away. A unix socket PATH is claimed by a
// lock on PATH.lock, which stays behind: removing it would let two servers lock two files.
// Move-only.
class ListenClaim {
 public:
  // Claims unix:/path, unix-abstract:name or host:port, and removes the socket file of a server
  // that is gone. Errors, each naming the address:
  //   INVALID_ARGUMENT     none of the three forms, or a name that gRPC would read differently
  //   ALREADY_EXISTS       another server listens there
  //   FAILED_PRECONDITION  the path is a file that is no socket
  //   UNAVAILABLE          the system refuses, with its reason
  static absl::StatusOr<ListenClaim> Make(absl::string_view address);

  ListenClaim(ListenClaim&& other) noexcept : lock_(std::exchange(other.lock_, -1)) {}
  ListenClaim& operator=(ListenClaim&& other) noexcept {
    std::swap(lock_, other.lock_);
    return *this;
  }
  ~ListenClaim();

 private:
  explicit ListenClaim(int lock) : lock_(lock) {}

  int lock_;  // A file descriptor, or -1 where the system itself keeps others away.
};

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_LISTEN_ADDRESS_H_
