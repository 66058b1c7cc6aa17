#include "server/service_manager.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace springboard {
namespace {

// sd_listen_fds(3).
constexpr int kFirstSocket = 3;
constexpr int kMaxSockets = 1024;

// With a service manager that is behind. One that misses READY=1 would take the server for broken.
constexpr int kPatienceSeconds = 1;

// A variable, which no child of this process gets.
std::string TakeVariable(const char* name) {
  const char* const value = std::getenv(name);
  std::string text = value != nullptr ? value : "";
  unsetenv(name);
  return text;
}

}  // namespace

absl::StatusOr<std::vector<ListeningSocket>> TakeInheritedSockets() {
  const std::string pid_text = TakeVariable("LISTEN_PID");
  const std::string count_text = TakeVariable("LISTEN_FDS");
  TakeVariable("LISTEN_FDNAMES");
  std::vector<ListeningSocket> sockets;
  if (pid_text.empty() && count_text.empty()) return sockets;
  int pid = 0;
  int count = 0;
  if (!absl::SimpleAtoi(pid_text, &pid) || !absl::SimpleAtoi(count_text, &count) || count < 0 ||
      count > kMaxSockets) {
    return absl::InvalidArgumentError(
        absl::StrCat("LISTEN_PID and LISTEN_FDS are numbers, the second 0 to ", kMaxSockets,
                     "; got ", pid_text, " and ", count_text));
  }
  // Meant for another process, whose child this is.
  if (pid != getpid()) return sockets;
  for (int i = 0; i < count; ++i) {
    absl::StatusOr<ListeningSocket> socket = ListeningSocket::Adopt(kFirstSocket + i);
    if (!socket.ok()) return socket.status();
    sockets.push_back(*std::move(socket));
  }
  return sockets;
}

absl::StatusOr<ServiceManager> ServiceManager::Connect() {
  const std::string path = TakeVariable("NOTIFY_SOCKET");
  if (path.empty()) return ServiceManager(-1);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if ((path[0] != '/' && path[0] != '@') || path.size() >= sizeof(address.sun_path)) {
    return absl::FailedPreconditionError(
        absl::StrCat("NOTIFY_SOCKET is a path or @ and a name, of at most ",
                     sizeof(address.sun_path) - 1, " bytes; got ", path));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path[0] == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  ServiceManager manager(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (manager.fd_ < 0 ||
      connect(manager.fd_, reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot tell the service manager at ", path, ": ", std::strerror(errno)));
  }
  const timeval patience = {kPatienceSeconds, 0};
  setsockopt(manager.fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  return manager;
}

ServiceManager::~ServiceManager() {
  if (fd_ >= 0) close(fd_);
}

void ServiceManager::Ready(absl::string_view status) const {
  Send(absl::StrCat("READY=1\nSTATUS=", status));
}

void ServiceManager::Reloading() const {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  Send(absl::StrCat("RELOADING=1\nMONOTONIC_USEC=",
                    int64_t{now.tv_sec} * 1000000 + now.tv_nsec / 1000));
}

void ServiceManager::Stopping() const { Send("STOPPING=1\nSTATUS=draining"); }

void ServiceManager::Send(absl::string_view state) const {
  if (fd_ < 0) return;
  // Whoever does not listen to it has not asked for it.
  static_cast<void>(send(fd_, state.data(), state.size(), MSG_NOSIGNAL));
}

}  // namespace springboard
