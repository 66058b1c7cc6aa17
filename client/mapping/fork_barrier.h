#ifndef SPRINGBOARD_CLIENT_MAPPING_FORK_BARRIER_H_
#define SPRINGBOARD_CLIENT_MAPPING_FORK_BARRIER_H_

#include <shared_mutex>

namespace springboard {

using NoFork = std::shared_lock<std::shared_mutex>;

// Until the lock is released fork() waits, in every thread: for while a descriptor or mapping that
// could write to code is one that a child would inherit. Thread-safe. Linux.
NoFork ForbidFork();

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MAPPING_FORK_BARRIER_H_
