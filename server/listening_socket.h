#ifndef SPRINGBOARD_SERVER_LISTENING_SOCKET_H_
#define SPRINGBOARD_SERVER_LISTENING_SOCKET_H_

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace springboard {

// A unix socket of this user: "unix:$XDG_RUNTIME_DIR/springboard.sock", or in /tmp with the user's
// id where there is no such directory.
std::string DefaultListenAddress();

// What matters of an address to who may connect to it.
struct AddressKind {
  std::string address;
  bool is_unix = false;
  bool is_local = false;  // Only this machine can connect.
};

// Without listening there. Errors: INVALID_ARGUMENT, as ListeningSocket::OpenAll().
absl::StatusOr<std::vector<AddressKind>> DescribeAddresses(
    const std::vector<std::string>& addresses);

// A socket that listens, until destruction. A unix socket PATH is claimed by a lock on PATH.lock,
// which stays behind: removing it would let two servers lock two files. The path itself is removed.
// Move-only.
class ListeningSocket {
 public:
  // Listens on unix:/path, unix-abstract:name or host:port; port 0 takes a free one. A host that
  // has several addresses gives a socket for each, and 0.0.0.0 as [::] one for all. Takes the place
  // of a server that is gone. A path gets the permissions `mode` before anybody can connect.
  // Errors, each naming the address:
  //   INVALID_ARGUMENT     none of the three forms, or a name that clients would read differently
  //   ALREADY_EXISTS       another server listens there
  //   FAILED_PRECONDITION  the path is a file that is no socket
  //   UNAVAILABLE          the system refuses, with its reason
  static absl::StatusOr<std::vector<ListeningSocket>> Open(const std::string& address, mode_t mode);

  // The sockets of all addresses, in their order. Errors: INVALID_ARGUMENT, if there is no address,
  // or one twice; and those of Open().
  static absl::StatusOr<std::vector<ListeningSocket>> OpenAll(
      const std::vector<std::string>& addresses, mode_t mode);

  // Takes a socket that this process was given, and that listens already. Error: INVALID_ARGUMENT,
  // if it does not, or is neither TCP's nor a unix socket; it is not closed then.
  static absl::StatusOr<ListeningSocket> Adopt(int fd);

  ListeningSocket(ListeningSocket&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)),
        lock_(std::exchange(other.lock_, -1)),
        address_(std::move(other.address_)),
        path_(std::exchange(other.path_, "")) {}
  ListeningSocket& operator=(ListeningSocket&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(lock_, other.lock_);
    std::swap(address_, other.address_);
    std::swap(path_, other.path_);
    return *this;
  }
  ~ListeningSocket();

  // Does not block.
  int fd() const { return fd_; }

  // What clients connect to, with the port that was taken.
  const std::string& address() const { return address_; }

  // Makes a unix socket's file and lock, if it has them, that user's and that group's. Error:
  // FAILED_PRECONDITION, with the system's reason.
  absl::Status GiveTo(uid_t user, gid_t group) const;

  // Whether it has a file, which it removes at the end.
  bool has_path() const { return !path_.empty(); }

  AddressKind kind() const;
  bool is_abstract() const { return absl::StartsWith(address_, "unix-abstract:"); }
  bool is_unix() const { return absl::string_view(address_).substr(0, 4) == "unix"; }

 private:
  ListeningSocket(int fd, int lock, std::string address, std::string path)
      : fd_(fd), lock_(lock), address_(std::move(address)), path_(std::move(path)) {}

  static absl::StatusOr<ListeningSocket> OpenPath(const std::string& address,
                                                  const std::string& path, mode_t mode);
  static absl::StatusOr<ListeningSocket> OpenAbstract(const std::string& address,
                                                      absl::string_view name);
  static absl::StatusOr<std::vector<ListeningSocket>> OpenTcp(const std::string& address);

  int fd_;
  int lock_;  // A file descriptor, or -1 where the system itself keeps others away.
  std::string address_;
  std::string path_;  // Of a unix socket; removed at the end.
};

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_LISTENING_SOCKET_H_
