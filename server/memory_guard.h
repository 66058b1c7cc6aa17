#ifndef SPRINGBOARD_SERVER_MEMORY_GUARD_H_
#define SPRINGBOARD_SERVER_MEMORY_GUARD_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"

namespace springboard {

// The exit code of a process that its guard ended.
inline constexpr int kExitMemory = 3;

// From now on ends this process, with kExitMemory, once more than so many bytes of it are resident,
// which may change; 0 is any number. Before that `last_words` is told why, and must return soon.
// gRPC 1.51 buffers some hostile input without an end, whatever its quota is, and a supervisor has
// the server back long before the system's memory ends. Starts a thread, that never ends. Error:
// FAILED_PRECONDITION, if the system does not say what is resident (/proc/self/statm), and there is
// a limit now.
absl::Status StartMemoryGuard(std::shared_ptr<const std::atomic<uint64_t>> max_resident_bytes,
                              std::function<void(const std::string& why)> last_words);

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_MEMORY_GUARD_H_
