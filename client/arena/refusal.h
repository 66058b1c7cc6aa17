#ifndef SPRINGBOARD_CLIENT_ARENA_REFUSAL_H_
#define SPRINGBOARD_CLIENT_ARENA_REFUSAL_H_

#include <ostream>
#include <string>

#include "absl/strings/string_view.h"
#include "client/mapping/mapping_way.h"

namespace springboard {

// "sealed-shared". Stable.
absl::string_view Name(MappingWay way);

inline std::ostream& operator<<(std::ostream& os, MappingWay way) { return os << Name(way); }

// A way of mapping that this process does not have.
struct Refusal {
  MappingWay way;
  std::string operation;  // What was refused: "mmap", "mprotect", "mmap in /tmp", ...
  int system_error;       // errno.
  // By what, as far as can be told: "seccomp", "SELinux", "MDWE", "a mount with noexec",
  // "RLIMIT_AS", "RLIMIT_NOFILE", "RLIMIT_FSIZE"; several with "or" between them, or "".
  std::string cause;

  // "sealed-shared: mmap: Operation not permitted (by seccomp)"
  std::string ToString() const;
};

// In all of these `directory` is where the file was that was to be mapped, or empty.

// What in this process could have refused, from what the system says of itself.
std::string LikelyCause(const MappingError& error, const std::string& directory);

// "mmap", "mmap in /tmp".
std::string OperationIn(const MappingError& error, const std::string& directory);

// "mmap in /tmp: Operation not permitted (by a mount with noexec)"
std::string Explain(const MappingError& error, const std::string& directory);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_ARENA_REFUSAL_H_
