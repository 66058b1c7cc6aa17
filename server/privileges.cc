#include "server/privileges.h"

#include <cap-ng.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace springboard {
namespace {

absl::Status CannotDrop(absl::string_view what, int error) {
  return absl::FailedPreconditionError(
      absl::StrCat("cannot drop privileges: ", what, ": ", std::strerror(error)));
}

bool IsAlready(const Identity& identity) {
  return identity.user.value_or(geteuid()) == geteuid() &&
         identity.group.value_or(getegid()) == getegid();
}

}  // namespace

absl::Status CompleteIdentity(Identity* identity) {
  if (!identity->user.has_value() || identity->group.has_value()) return absl::OkStatus();
  const passwd* const entry = getpwuid(*identity->user);
  if (entry == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("user ", *identity->user, " is in no group that the system knows; give one"));
  }
  identity->group = entry->pw_gid;
  return absl::OkStatus();
}

absl::Status DropPrivileges(const Identity& identity) {
  capng_clear(CAPNG_SELECT_BOTH);
  if (!IsAlready(identity)) {
    const uid_t user = identity.user.value_or(geteuid());
    const gid_t group = identity.group.value_or(getegid());
    errno = 0;
    const int result =
        capng_change_id(static_cast<int>(user), static_cast<int>(group), CAPNG_DROP_SUPP_GRP);
    if (result != 0) {
      return CannotDrop(
          absl::StrCat("only root becomes user ", user, " and group ", group, " (", result, ")"),
          errno != 0 ? errno : EPERM);
    }
  }
  // The bounding set is root's to change; without it there is nothing to be gained back either.
  if (capng_apply(CAPNG_SELECT_CAPS) != 0) return CannotDrop("capabilities", EPERM);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return CannotDrop("no_new_privs", errno);
  return absl::OkStatus();
}

}  // namespace springboard
