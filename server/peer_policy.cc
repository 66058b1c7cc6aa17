#include "server/peer_policy.h"

#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>

#include "absl/base/thread_annotations.h"
#include "absl/strings/numbers.h"
#include "absl/synchronization/mutex.h"

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

// What the system's user database said; it is asked once for a name, and not at all once it is
// closed: looking up makes sockets and maps libraries, for which a confined process is ended.
class NameCache {
 public:
  template <typename Id, typename LookUp>
  std::optional<Id> Find(const std::string& name, const LookUp& look_up) {
    const absl::MutexLock lock(&mutex_);
    const auto known = ids_.find(name);
    if (known != ids_.end()) return known->second;
    if (is_closed_) return std::nullopt;
    const std::optional<Id> id = look_up();
    if (id.has_value()) ids_.emplace(name, *id);
    return id;
  }

  void Close() {
    const absl::MutexLock lock(&mutex_);
    is_closed_ = true;
  }

 private:
  absl::Mutex mutex_;
  bool is_closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::string, uint32_t> ids_ ABSL_GUARDED_BY(mutex_);
};

NameCache& Users() {
  static auto* const users = new NameCache;
  return *users;
}

NameCache& Groups() {
  static auto* const groups = new NameCache;
  return *groups;
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
  return Users().Find<uid_t>(name, [&name]() -> std::optional<uid_t> {
    std::array<char, 16384> buffer;
    passwd entry = {};
    passwd* found = nullptr;
    getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
    return found != nullptr ? std::optional<uid_t>(found->pw_uid) : std::nullopt;
  });
}

std::optional<gid_t> FindGroup(const std::string& name) {
  gid_t id = 0;
  if (absl::SimpleAtoi(name, &id)) return id;
  return Groups().Find<gid_t>(name, [&name]() -> std::optional<gid_t> {
    std::array<char, 16384> buffer;
    group entry = {};
    group* found = nullptr;
    getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
    return found != nullptr ? std::optional<gid_t>(found->gr_gid) : std::nullopt;
  });
}

void CloseNameLookups() {
  Users().Close();
  Groups().Close();
}

}  // namespace springboard
