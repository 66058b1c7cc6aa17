#ifndef SPRINGBOARD_SERVER_SYSTEM_CALL_FILTER_H_
#define SPRINGBOARD_SERVER_SYSTEM_CALL_FILTER_H_

#include "absl/status/status.h"

namespace springboard {

// What becomes of a process that makes a system call which a server has no use for.
enum class SystemCallFilter {
  kOff,   // There is no filter.
  kDeny,  // The call fails with EPERM.
  kKill,  // The process ends with SIGSYS, which the kernel's audit log tells.
};

// Lets this process, in all its threads and for good, do what a server that runs does, and nothing
// else: work on the descriptors that it has, accept connections, read files, take memory, and make
// threads. It cannot make sockets, start programs, write to files that it opens, or map executable
// memory; a path can be removed if `removes_sockets`, which a unix socket's is at the end. Errors:
// FAILED_PRECONDITION, if the kernel has no seccomp filters or refuses this one.
absl::Status InstallSystemCallFilter(SystemCallFilter filter, bool removes_sockets);

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_SYSTEM_CALL_FILTER_H_
