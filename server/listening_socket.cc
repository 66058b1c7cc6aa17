#include "server/listening_socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <memory>
#include <set>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
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
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
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
  // gRPC's clients take an address for a URI.
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

// A socket bound to the address, which does not listen yet.
absl::StatusOr<int> BindUnix(absl::string_view address, const UnixAddress& to) {
  FileDescriptor made(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (made.get() < 0 ||
      bind(made.get(), reinterpret_cast<const sockaddr*>(&to.address), to.size) != 0) {
    return CannotListen(address, errno);
  }
  return made.Release();
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
  // No link that somebody put there, in a folder that others write to.
  const int lock = open((path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
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

struct HostAndPort {
  std::string host;
  std::string port;
};

absl::StatusOr<HostAndPort> ParseTcp(absl::string_view address) {
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
  return HostAndPort{std::string(host), std::to_string(port)};
}

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

absl::StatusOr<Addresses> Resolve(absl::string_view address, const HostAndPort& at) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(at.host.c_str(), at.port.c_str(), &hints, &found);
  if (error == 0) return Addresses(found, &freeaddrinfo);
  return absl::InvalidArgumentError(
      absl::StrCat("cannot listen on ", address, ": ", gai_strerror(error)));
}

void SetPort(uint16_t port, sockaddr_storage* address) {
  if (address->ss_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6*>(address)->sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in*>(address)->sin_port = htons(port);
  }
}

uint16_t PortOf(int fd) {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port
                   : reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

bool IsLocal(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET6) {
    return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6*>(&address)->sin6_addr) != 0;
  }
  if (address.ss_family != AF_INET) return address.ss_family == AF_UNIX;
  constexpr uint32_t kLoopbackNet = 127;
  const auto* const v4 = reinterpret_cast<const sockaddr_in*>(&address);
  return ntohl(v4->sin_addr.s_addr) >> 24 == kLoopbackNet;
}

// As clients write it; empty for one of another family.
std::string AddressText(const sockaddr_storage& address, socklen_t size) {
  if (address.ss_family == AF_UNIX) {
    const char* const path = reinterpret_cast<const sockaddr_un*>(&address)->sun_path;
    const size_t bytes = size - offsetof(sockaddr_un, sun_path);
    if (bytes == 0) return "";
    if (path[0] != '\0') return absl::StrCat("unix:", path);
    return absl::StrCat("unix-abstract:", absl::string_view(path + 1, bytes - 1));
  }
  std::array<char, NI_MAXHOST> host = {};
  std::array<char, NI_MAXSERV> port = {};
  if ((address.ss_family != AF_INET && address.ss_family != AF_INET6) ||
      getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host.data(), host.size(),
                  port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "";
  }
  return address.ss_family == AF_INET ? absl::StrCat(host.data(), ":", port.data())
                                      : absl::StrCat("[", host.data(), "]:", port.data());
}

absl::Status CheckDistinct(const std::vector<std::string>& addresses) {
  if (addresses.empty()) {
    return absl::InvalidArgumentError("a server needs at least one address to listen on");
  }
  if (std::set<std::string>(addresses.begin(), addresses.end()).size() == addresses.size()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("each address can be listened on once; got ", absl::StrJoin(addresses, " ")));
}

// A socket that listens there, or -1 with errno.
int ListenTcp(const addrinfo& at, uint16_t port, bool is_dual) {
  FileDescriptor made(socket(at.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  const int v6_only = is_dual ? 0 : 1;
  sockaddr_storage address = {};
  std::memcpy(&address, at.ai_addr, at.ai_addrlen);
  if (port != 0) SetPort(port, &address);
  if (made.get() < 0 || setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      // Accepted sockets inherit it.
      setsockopt(made.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
      (at.ai_family == AF_INET6 &&
       setsockopt(made.get(), IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof(v6_only)) != 0) ||
      bind(made.get(), reinterpret_cast<const sockaddr*>(&address), at.ai_addrlen) != 0 ||
      listen(made.get(), SOMAXCONN) != 0) {
    return -1;
  }
  return made.Release();
}

}  // namespace

std::string DefaultListenAddress() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && *runtime == '/') {
    return absl::StrCat("unix:", runtime, "/springboard.sock");
  }
  return absl::StrCat("unix:/tmp/springboard-", getuid(), ".sock");
}

absl::StatusOr<ListeningSocket> ListeningSocket::OpenPath(const std::string& address,
                                                          const std::string& path, mode_t mode) {
  absl::Status status = CheckName(address, path);
  // Before the lock, so that no lock file appears beside it.
  if (status.ok()) status = CheckNoOtherFile(address, path);
  if (!status.ok()) return status;
  const absl::StatusOr<int> lock = LockPath(address, path);
  if (!lock.ok()) return lock.status();
  ListeningSocket opened(-1, *lock, address, "");
  status = RemoveStaleSocket(address, path);
  if (!status.ok()) return status;
  const absl::StatusOr<int> bound = BindUnix(address, MakeUnixAddress(path));
  if (!bound.ok()) return bound.status();
  opened.fd_ = *bound;
  opened.path_ = path;
  if (fchmodat(AT_FDCWD, path.c_str(), mode, AT_SYMLINK_NOFOLLOW) != 0 ||
      listen(opened.fd_, SOMAXCONN) != 0) {
    return CannotListen(address, errno);
  }
  return opened;
}

absl::StatusOr<ListeningSocket> ListeningSocket::OpenAbstract(const std::string& address,
                                                              absl::string_view name) {
  absl::Status status = CheckName(address, name);
  if (!status.ok()) return status;
  const absl::StatusOr<int> bound =
      BindUnix(address, MakeUnixAddress(absl::StrCat(absl::string_view("\0", 1), name)));
  if (!bound.ok()) return bound.status();
  ListeningSocket opened(*bound, -1, address, "");
  if (listen(opened.fd_, SOMAXCONN) != 0) return CannotListen(address, errno);
  return opened;
}

absl::StatusOr<std::vector<ListeningSocket>> ListeningSocket::OpenTcp(const std::string& address) {
  absl::StatusOr<HostAndPort> at = ParseTcp(address);
  if (!at.ok()) return at.status();
  const bool is_dual = at->host == "0.0.0.0" || at->host == "::";
  const std::string host_text = address.substr(0, address.rfind(':') + 1);
  if (is_dual) at->host = "::";
  absl::StatusOr<Addresses> found = Resolve(address, *at);
  if (!found.ok() && is_dual) {
    at->host = "0.0.0.0";
    found = Resolve(address, *at);
  }
  if (!found.ok()) return found.status();
  std::vector<ListeningSocket> opened;
  int error = 0;
  uint16_t port = 0;
  for (const addrinfo* one = found->get(); one != nullptr; one = one->ai_next) {
    const int fd = ListenTcp(*one, port, is_dual);
    if (fd < 0) {
      error = errno;
      // A machine may not have the address family; but who has the port has all of it.
      if (error == EADDRINUSE) return CannotListen(address, error);
      continue;
    }
    port = PortOf(fd);
    opened.push_back(ListeningSocket(fd, -1, absl::StrCat(host_text, port), ""));
  }
  if (opened.empty()) return CannotListen(address, error);
  return opened;
}

absl::StatusOr<std::vector<ListeningSocket>> ListeningSocket::Open(const std::string& address,
                                                                   mode_t mode) {
  absl::string_view name = address;
  if (!absl::StartsWith(address, "unix:") && !absl::StartsWith(address, "unix-abstract:")) {
    return OpenTcp(address);
  }
  absl::StatusOr<ListeningSocket> opened =
      absl::ConsumePrefix(&name, "unix:")
          ? OpenPath(address, std::string(name), mode)
          : OpenAbstract(address, absl::StripPrefix(name, "unix-abstract:"));
  if (!opened.ok()) return opened.status();
  std::vector<ListeningSocket> one;
  one.push_back(*std::move(opened));
  return one;
}

absl::StatusOr<std::vector<ListeningSocket>> ListeningSocket::OpenAll(
    const std::vector<std::string>& addresses, mode_t mode) {
  const absl::Status distinct = CheckDistinct(addresses);
  if (!distinct.ok()) return distinct;
  std::vector<ListeningSocket> all;
  for (const std::string& address : addresses) {
    absl::StatusOr<std::vector<ListeningSocket>> opened = Open(address, mode);
    if (!opened.ok()) return opened.status();
    std::move(opened->begin(), opened->end(), std::back_inserter(all));
  }
  return all;
}

absl::Status ListeningSocket::GiveTo(uid_t user, gid_t group) const {
  // Never what a link leads to.
  if (path_.empty() ||
      (lchown(path_.c_str(), user, group) == 0 && fchown(lock_, user, group) == 0)) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat("cannot give ", address_, " to user ", user,
                                                    " and group ", group, ": ",
                                                    std::strerror(errno)));
}

AddressKind ListeningSocket::kind() const {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  const bool is_known = getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  return {address_, is_unix(), is_known && IsLocal(address)};
}

absl::StatusOr<ListeningSocket> ListeningSocket::Adopt(int fd) {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  int is_listening = 0;
  socklen_t int_size = sizeof(is_listening);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &int_size) != 0 ||
      is_listening == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("descriptor ", fd, " is no socket that listens"));
  }
  const std::string text = AddressText(address, size);
  if (text.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("descriptor ", fd, " is neither a TCP nor a unix socket"));
  }
  const int on = 1;
  // A unix socket has no such option.
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  // Its file is of whoever made it.
  return ListeningSocket(fd, -1, text, "");
}

absl::StatusOr<std::vector<AddressKind>> DescribeAddresses(
    const std::vector<std::string>& addresses) {
  absl::Status status = CheckDistinct(addresses);
  if (!status.ok()) return status;
  std::vector<AddressKind> kinds;
  for (const std::string& address : addresses) {
    absl::string_view name = address;
    if (absl::ConsumePrefix(&name, "unix:") || absl::ConsumePrefix(&name, "unix-abstract:")) {
      status = CheckName(address, name);
      if (!status.ok()) return status;
      kinds.push_back({address, true, true});
      continue;
    }
    const absl::StatusOr<HostAndPort> at = ParseTcp(address);
    if (!at.ok()) return at.status();
    const absl::StatusOr<Addresses> found = Resolve(address, *at);
    if (!found.ok()) return found.status();
    bool is_local = true;
    for (const addrinfo* one = found->get(); one != nullptr; one = one->ai_next) {
      sockaddr_storage storage = {};
      std::memcpy(&storage, one->ai_addr, one->ai_addrlen);
      is_local = is_local && IsLocal(storage);
    }
    kinds.push_back({address, false, is_local});
  }
  return kinds;
}

ListeningSocket::~ListeningSocket() {
  if (!path_.empty()) unlink(path_.c_str());
  if (fd_ >= 0) close(fd_);
  // Last: who gets the lock then finds nothing of this one.
  if (lock_ >= 0) close(lock_);
}

}  // namespace springboard
