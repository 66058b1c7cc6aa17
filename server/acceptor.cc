#include "server/acceptor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace springboard {
namespace {

// For gRPC's threads and for files.
constexpr uint64_t kReservedDescriptors = 64;

// How long to leave a socket alone that cannot be accepted from.
constexpr absl::Duration kPause = absl::Milliseconds(20);

// Not more of one socket while others wait; and after so many not at once the next, since gRPC
// takes them in turn, for 0.2 ms or so each: who comes last of a flood would wait for all of it.
constexpr int kMaxAtOnce = 64;
constexpr absl::Duration kPauseAfterMany = absl::Milliseconds(16);

uint64_t MaxDescriptors(uint64_t wanted) {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur <= 2 * kReservedDescriptors) {
    return wanted != 0 ? wanted : kReservedDescriptors;
  }
  const uint64_t allowed = limit.rlim_cur - kReservedDescriptors;
  return wanted != 0 ? std::min(wanted, allowed) : allowed;
}

int OpenSpare() { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

// Whether the peer has left already, as those of a flood that is over.
bool IsGone(int fd) {
  pollfd polled = {fd, POLLRDHUP, 0};
  return poll(&polled, 1, /*timeout=*/0) == 1 && (polled.revents & (POLLRDHUP | POLLHUP)) != 0;
}

// 0, if it is no socket.
ino_t SocketNumber(int fd) {
  struct stat status = {};
  return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode) ? status.st_ino : 0;
}

bool IsOutOfDescriptors(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

Acceptor::Acceptor(std::vector<ListeningSocket> sockets,
                   std::vector<std::unique_ptr<Connections>> connections, const Options& options)
    : sockets_(std::move(sockets)),
      connections_(std::move(connections)),
      unix_peers_(options.unix_peers),
      own_user_{{0, geteuid()}, {}},
      max_descriptors_(MaxDescriptors(options.max_descriptors)),
      stop_(eventfd(0, EFD_CLOEXEC)),
      spare_(OpenSpare()),
      thread_([this] { Run(); }) {}

Acceptor::~Acceptor() {
  Stop();
  close(stop_);
  if (spare_ >= 0) close(spare_);
}

void Acceptor::Stop() {
  if (!thread_.joinable()) return;
  eventfd_write(stop_, 1);
  thread_.join();
  sockets_.clear();
}

Acceptor::Counts Acceptor::counts() const {
  Counts counts = {0, accepted_, refused_peers_, refused_full_, max_descriptors_};
  const absl::MutexLock lock(&mutex_);
  for (size_t fd = 0; fd < connected_.size(); ++fd) {
    if (connected_[fd] != 0 && SocketNumber(static_cast<int>(fd)) == connected_[fd]) ++counts.open;
  }
  return counts;
}

void Acceptor::Remember(int fd) {
  const ino_t number = SocketNumber(fd);
  const auto index = static_cast<size_t>(fd);
  const absl::MutexLock lock(&mutex_);
  if (connected_.size() <= index) connected_.resize(index + 1);
  connected_[index] = number;
}

void Acceptor::Run() {
  std::vector<pollfd> polled;
  for (const ListeningSocket& socket : sockets_) polled.push_back({socket.fd(), POLLIN, 0});
  polled.push_back({stop_, POLLIN, 0});
  while (true) {
    if (poll(polled.data(), polled.size(), /*timeout=*/-1) < 0) continue;
    if (polled.back().revents != 0) return;
    for (size_t i = 0; i < sockets_.size(); ++i) {
      if (polled[i].revents != 0) AcceptAll(i);
    }
  }
}

void Acceptor::AcceptAll(size_t index) {
  for (int i = 0; i < kMaxAtOnce; ++i) {
    const int fd = accept4(sockets_[index].fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      const int error = errno;
      if (IsOutOfDescriptors(error)) RefuseOne(sockets_[index]);
      // A connection that has gone already is no reason to stop.
      if (error == ECONNABORTED || error == EINTR) continue;
      return;
    }
    if (IsGone(fd) || !MayStay(sockets_[index], fd)) {
      close(fd);
      continue;
    }
    ++accepted_;
    Remember(fd);
    Connections::NewConnectionParameters connection;
    connection.listener_fd = sockets_[index].fd();
    connection.fd = fd;
    connections_[index]->HandleNewConnection(&connection);
  }
  absl::SleepFor(kPauseAfterMany);
}

bool Acceptor::MayStay(const ListeningSocket& socket, int fd) {
  // The system gives the lowest number that is free.
  if (static_cast<uint64_t>(fd) >= max_descriptors_) {
    ++refused_full_;
    return false;
  }
  if (socket.is_unix() && !PeersOf(socket).Allows(fd)) {
    ++refused_peers_;
    return false;
  }
  return true;
}

const PeerPolicy& Acceptor::PeersOf(const ListeningSocket& socket) const {
  // A name without a file has no permissions either.
  return unix_peers_.is_open() && socket.is_abstract() ? own_user_ : unix_peers_;
}

// Else the peer would wait, and this thread be woken for it, for as long as there is no descriptor.
void Acceptor::RefuseOne(const ListeningSocket& socket) {
  if (spare_ >= 0) {
    close(spare_);
    const int fd = accept4(socket.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) {
      ++refused_full_;
      close(fd);
    }
    spare_ = OpenSpare();
  }
  absl::SleepFor(kPause);
  if (spare_ < 0) spare_ = OpenSpare();
}

}  // namespace springboard
