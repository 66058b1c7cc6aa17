#ifndef SPRINGBOARD_SERVER_PEER_POLICY_H_
#define SPRINGBOARD_SERVER_PEER_POLICY_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace springboard {

// Which processes may connect to unix sockets, by what the kernel says of them. Empty lists let
// everybody in who may open the socket.
struct PeerPolicy {
  std::vector<uid_t> uids;
  std::vector<gid_t> gids;  // A process's own group, or one that it is a member of.

  bool is_open() const { return uids.empty() && gids.empty(); }

  // Whether the peer of a connected unix socket may stay: its user or one of its groups is listed.
  bool Allows(int fd) const;
};

// The id of a user or group by number or name; nothing if there is none.
std::optional<uid_t> FindUser(const std::string& name);
std::optional<gid_t> FindGroup(const std::string& name);

// From now on they know those names alone that they have found before: a confined process cannot
// ask.
void CloseNameLookups();

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_PEER_POLICY_H_
