#ifndef SPRINGBOARD_SERVER_SERVICE_MANAGER_H_
#define SPRINGBOARD_SERVER_SERVICE_MANAGER_H_

#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/listening_socket.h"

namespace springboard {

// The sockets that a service manager opened for this process (sd_listen_fds(3): LISTEN_PID,
// LISTEN_FDS), or none; the variables are removed. Errors: INVALID_ARGUMENT, if they are malformed,
// and those of ListeningSocket::Adopt().
absl::StatusOr<std::vector<ListeningSocket>> TakeInheritedSockets();

// Tells the service manager how this process is (sd_notify(3)); nobody, where NOTIFY_SOCKET does
// not name one. Its socket is made at once, since a confined process cannot make any. Move-only.
class ServiceManager {
 public:
  // Error: FAILED_PRECONDITION, if NOTIFY_SOCKET is no address that can be connected to.
  static absl::StatusOr<ServiceManager> Connect();

  ServiceManager(ServiceManager&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ServiceManager& operator=(ServiceManager&&) = delete;
  ~ServiceManager();

  // Serving, with a line of what `systemctl status` shows.
  void Ready(absl::string_view status) const;
  void Reloading() const;
  void Stopping() const;

 private:
  explicit ServiceManager(int fd) : fd_(fd) {}
  void Send(absl::string_view state) const;

  int fd_;  // Or -1.
};

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_SERVICE_MANAGER_H_
