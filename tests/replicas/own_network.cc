#include "tests/replicas/own_network.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "tests/support/files.h"

namespace springboard {
namespace {

absl::Status Refused(absl::string_view what) {
  return absl::UnavailableError(absl::StrCat(what, ": ", std::strerror(errno)));
}

// As the user that it is, who is root there.
absl::Status EnterOwnUsers() {
  const uid_t user = geteuid();
  const gid_t group = getegid();
  if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return Refused("unshare(CLONE_NEWUSER)");
  if (!WriteFile("/proc/self/setgroups", "deny") ||
      !WriteFile("/proc/self/uid_map", absl::StrCat("0 ", user, " 1")) ||
      !WriteFile("/proc/self/gid_map", absl::StrCat("0 ", group, " 1"))) {
    return Refused("user namespace");
  }
  return absl::OkStatus();
}

sockaddr InternetAddress(const char* text) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, text, &address.sin_addr);
  sockaddr result = {};
  std::memcpy(&result, &address, sizeof(result));
  return result;
}

}  // namespace

absl::Status EnterOwnNetwork() {
  if (unshare(CLONE_NEWNET) != 0) {
    if (errno != EPERM) return Refused("unshare(CLONE_NEWNET)");
    absl::Status status = EnterOwnUsers();
    if (!status.ok()) return status;
  }
  return SetUpInterface("lo", "");
}

absl::Status SetUpInterface(const std::string& name, const std::string& address) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request = {};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  bool is_good = fd >= 0;
  if (!address.empty()) {
    request.ifr_addr = InternetAddress(address.c_str());
    is_good = is_good && ioctl(fd, SIOCSIFADDR, &request) == 0;
    request.ifr_netmask = InternetAddress("255.255.255.0");
    is_good = is_good && ioctl(fd, SIOCSIFNETMASK, &request) == 0;
  }
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  is_good = is_good && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
  absl::Status status =
      is_good ? absl::OkStatus() : Refused(absl::StrCat("network interface ", name));
  if (fd >= 0) close(fd);
  return status;
}

}  // namespace springboard
