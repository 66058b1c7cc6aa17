#include "server/listen_address.h"

#include <netdb.h>
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

// `name` is a path, or for an abstract socket a zero byte and a name.
absl::StatusOr<UnixAddress> MakeUnixAddress(absl::string_view address, absl::string_view name) {
  UnixAddress result;
  constexpr size_t kMaxBytes = sizeof(result.address.sun_path) - 1;
  if (name.size() < 2 || name.size() > kMaxBytes) {
    return absl::InvalidArgumentError(absl::StrCat("a unix socket's name has 1 to ", kMaxBytes,
                                                   " bytes; got ", name.size(), " in ", address));
  }
  result.address.sun_family = AF_UNIX;
  std::memcpy(result.address.sun_path, name.data(), name.size());
  result.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  return result;
}

absl::Status CheckAbstract(absl::string_view address, absl::string_view name) {
  const absl::StatusOr<UnixAddress> bound =
      MakeUnixAddress(address, absl::StrCat(absl::string_view("\0", 1), name));
  if (!bound.ok()) return bound.status();
  const FileDescriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (bind(probe.get(), reinterpret_cast<const sockaddr*>(&bound->address), bound->size) != 0) {
    return CannotListen(address, errno);
  }
  return absl::OkStatus();
}

absl::Status CheckPath(absl::string_view address, const std::string& path) {
  const absl::StatusOr<UnixAddress> bound = MakeUnixAddress(address, path);
  if (!bound.ok()) return bound.status();
  struct stat file;
  if (lstat(path.c_str(), &file) == 0) {
    if (!S_ISSOCK(file.st_mode)) {
      return absl::FailedPreconditionError(
          absl::StrCat("cannot listen on ", address, ": the file exists and is no socket"));
    }
    const FileDescriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (connect(probe.get(), reinterpret_cast<const sockaddr*>(&bound->address), bound->size) ==
        0) {
      return CannotListen(address, EADDRINUSE);
    }
    if (errno != ECONNREFUSED) return CannotListen(address, errno);
    if (unlink(path.c_str()) != 0) return CannotListen(address, errno);
  }
  const FileDescriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (bind(probe.get(), reinterpret_cast<const sockaddr*>(&bound->address), bound->size) != 0) {
    return CannotListen(address, errno);
  }
  unlink(path.c_str());
  return absl::OkStatus();
}

absl::Status CheckTcp(absl::string_view address) {
  const size_t colon = address.rfind(':');
  int port = 0;
  if (colon == absl::string_view::npos || colon == 0 ||
      !absl::SimpleAtoi(address.substr(colon + 1), &port) || port < 0 || port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("an address is unix:/path, unix-abstract:name or host:port with a port of 0 "
                     "to 65535; got ",
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

absl::Status CheckListenAddress(absl::string_view address) {
  absl::string_view name = address;
  if (absl::ConsumePrefix(&name, "unix-abstract:")) return CheckAbstract(address, name);
  if (absl::ConsumePrefix(&name, "unix:")) return CheckPath(address, std::string(name));
  return CheckTcp(address);
}

}  // namespace springboard
