#ifndef SPRINGBOARD_SERVER_PRIVILEGES_H_
#define SPRINGBOARD_SERVER_PRIVILEGES_H_

#include <sys/types.h>

#include <optional>

#include "absl/status/status.h"

namespace springboard {

// As whom a server goes on once it has its sockets. Nothing: as whom it was started.
struct Identity {
  std::optional<uid_t> user;
  std::optional<gid_t> group;  // Else the user's own.
};

// The group that goes with the identity's user, and who is in no other. Error: INVALID_ARGUMENT,
// if the user is unknown to the system and no group is given.
absl::Status CompleteIdentity(Identity* identity);

// Becomes it for good: all groups but one, and all capabilities of root are gone, those that a
// program with other rights could give back among them (no_new_privs). Before there are threads:
// capabilities are each thread's own. Error: FAILED_PRECONDITION, with the system's reason; the
// process is to end then, as it may have given up a part.
absl::Status DropPrivileges(const Identity& identity);

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_PRIVILEGES_H_
