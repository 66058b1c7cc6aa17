#include "server/peer_policy.h"

#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "absl/strings/numbers.h"

namespace springboard {
namespace {

template <typename Id>
bool Has(const std::vector<Id>& ids, Id id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

// All of the peer's groups but its own; none where the kernel does not say.
std::vector<gid_t> GroupsOf(int fd) {
  // As many as Linux lets a process have.
  constexpr size_t kMaxGroups = 65536;
  std::vector<gid_t> groups(64);
  while (true) {
    auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0) {
      groups.resize(size / sizeof(gid_t));
      return groups;
    }
    if (errno != ERANGE || groups.size() >= kMaxGroups) return {};
    groups.resize(2 * groups.size());
  }
}

}  // namespace

bool PeerPolicy::Allows(int fd) const {
  if (is_open()) return true;
  ucred peer = {};
  socklen_t size = sizeof(peer);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  if (Has(uids, peer.uid) || Has(gids, peer.gid)) return true;
  if (gids.empty()) return false;
  for (const gid_t group : GroupsOf(fd)) {
    if (Has(gids, group)) return true;
  }
  return false;
}

std::optional<uid_t> FindUser(const std::string& name) {
  uid_t id = 0;
  if (absl::SimpleAtoi(name, &id)) return id;
  std::array<char, 16384> buffer;
  passwd entry = {};
  passwd* found = nullptr;
  getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  return found != nullptr ? std::optional<uid_t>(found->pw_uid) : std::nullopt;
}

std::optional<gid_t> FindGroup(const std::string& name) {
  gid_t id = 0;
  if (absl::SimpleAtoi(name, &id)) return id;
  std::array<char, 16384> buffer;
  group entry = {};
  group* found = nullptr;
  getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  return found != nullptr ? std::optional<gid_t>(found->gr_gid) : std::nullopt;
}

}  // namespace springboard
