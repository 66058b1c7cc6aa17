#include "server/listen_address.h"

#include <fcntl.h>
#include <netdb.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace springboard {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

absl::Status CannotListen(absl::string_view address, int error) {
  const absl::string_view why = std::strerror(error);
  if (error == EADDRINUSE) {
    return absl::AlreadyExistsError(
        absl::StrCat("cannot listen on ", address, ": another server listens there"));
  }
  return absl::UnavailableError(absl::StrCat("cannot listen on ", address, ": ", why));
}

struct UnixAddress {
  sockaddr_un address = {};
  socklen_t size = 0;
};

// What follows "unix:" or "unix-abstract:".
absl::Status CheckName(absl::string_view address, absl::string_view name) {
  constexpr size_t kMaxBytes = sizeof(sockaddr_un::sun_path) - 1;
  if (name.empty() || name.size() >= kMaxBytes) {
    return absl::InvalidArgumentError(absl::StrCat("a unix socket's name has 1 to ", kMaxBytes - 1,
                                                   " bytes; got ", name.size(), " in ", address));
  }
  // gRPC takes an address for a URI.
  if (name.find_first_of("%#?") != absl::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("a unix socket's name has no %, # or ?; got ", address));
  }
  return absl::OkStatus();
}

// `name` is a path, or for an abstract socket a zero byte and a name.
UnixAddress MakeUnixAddress(absl::string_view name) {
  UnixAddress result;
  result.address.sun_family = AF_UNIX;
  std::memcpy(result.address.sun_path, name.data(), name.size());
  result.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  return result;
}

// Binds a socket to the address for a moment.
absl::Status TryBind(absl::string_view address, const UnixAddress& to) {
  const FileDescriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (bind(probe.get(), reinterpret_cast<const sockaddr*>(&to.address), to.size) != 0) {
    return CannotListen(address, errno);
  }
  return absl::OkStatus();
}

// Error if the path is some other file.
absl::Status CheckNoOtherFile(absl::string_view address, const std::string& path) {
  struct stat file;
  if (lstat(path.c_str(), &file) != 0 || S_ISSOCK(file.st_mode)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("cannot listen on ", address, ": the file exists and is no socket"));
}

// Removes the socket file of a server that is gone. Under the lock: a server that is about to
// listen refuses connections too.
absl::Status RemoveStaleSocket(absl::string_view address, const std::string& path) {
  if (access(path.c_str(), F_OK) != 0) return absl::OkStatus();
  const UnixAddress to = MakeUnixAddress(path);
  // A server that is stuck has a full backlog: EAGAIN.
  const FileDescriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (connect(probe.get(), reinterpret_cast<const sockaddr*>(&to.address), to.size) == 0 ||
      errno == EAGAIN) {
    return CannotListen(address, EADDRINUSE);
  }
  if (errno != ECONNREFUSED) return CannotListen(address, errno);
  return unlink(path.c_str()) == 0 ? absl::OkStatus() : CannotListen(address, errno);
}

// The lock that goes with a unix socket's path.
absl::StatusOr<int> LockPath(absl::string_view address, const std::string& path) {
  const int lock = open((path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return CannotListen(address, errno);
  if (flock(lock, LOCK_EX | LOCK_NB) == 0) return lock;
  const int error = errno;
  close(lock);
  return CannotListen(address, error == EWOULDBLOCK ? EADDRINUSE : error);
}

bool IsPort(absl::string_view text, int* port) {
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
  return digits && absl::SimpleAtoi(text, port) && *port <= 65535;
}

absl::Status CheckTcp(absl::string_view address) {
  const size_t colon = address.rfind(':');
  int port = 0;
  if (colon == absl::string_view::npos || colon == 0 || !IsPort(address.substr(colon + 1), &port) ||
      (address[0] != '[' && address.find(':') != colon)) {
    return absl::InvalidArgumentError(
        absl::StrCat("an address is unix:/path, unix-abstract:name or host:port with a port of 0 "
                     "to 65535, and an IPv6 host in brackets; got ",
                     address));
  }
  absl::string_view host = address.substr(0, colon);
  if (absl::ConsumePrefix(&host, "[")) absl::ConsumeSuffix(&host, "]");
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(std::string(host).c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot listen on ", address, ": ", gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  const FileDescriptor probe(socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(probe.get(), found->ai_addr, found->ai_addrlen) != 0) {
    return CannotListen(address, errno);
  }
  // Linux lets two sockets bind with SO_REUSEADDR as long as neither listens.
  if (listen(probe.get(), 1) != 0) return CannotListen(address, errno);
  return absl::OkStatus();
}

}  // namespace

std::string DefaultListenAddress() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && *runtime == '/') {
    return absl::StrCat("unix:", runtime, "/springboard.sock");
  }
  return absl::StrCat("unix:/tmp/springboard-", getuid(), ".sock");
}

absl::StatusOr<ListenClaim> ListenClaim::Make(absl::string_view address) {
  absl::string_view name = address;
  if (absl::ConsumePrefix(&name, "unix-abstract:")) {
    absl::Status status = CheckName(address, name);
    if (status.ok()) {
      status = TryBind(address, MakeUnixAddress(absl::StrCat(absl::string_view("\0", 1), name)));
    }
    return status.ok() ? absl::StatusOr<ListenClaim>(ListenClaim(-1)) : status;
  }
  if (absl::ConsumePrefix(&name, "unix:")) {
    absl::Status status = CheckName(address, name);
    if (!status.ok()) return status;
    const std::string path(name);
    // Before the lock, so that no lock file appears beside it.
    status = CheckNoOtherFile(address, path);
    if (!status.ok()) return status;
    const absl::StatusOr<int> lock = LockPath(address, path);
    if (!lock.ok()) return lock.status();
    ListenClaim claim(*lock);
    status = RemoveStaleSocket(address, path);
    if (!status.ok()) return status;
    status = TryBind(address, MakeUnixAddress(path));
    if (!status.ok()) return status;
    unlink(path.c_str());
    return claim;
  }
  const absl::Status status = CheckTcp(address);
  return status.ok() ? absl::StatusOr<ListenClaim>(ListenClaim(-1)) : status;
}

ListenClaim::~ListenClaim() {
  if (lock_ >= 0) close(lock_);
}

}  // namespace springboard
