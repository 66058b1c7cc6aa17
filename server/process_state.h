#ifndef SPRINGBOARD_SERVER_PROCESS_STATE_H_
#define SPRINGBOARD_SERVER_PROCESS_STATE_H_

#include <cstdint>

namespace springboard {

// What this process has of the system's; 0 where the system does not say.
struct ProcessState {
  uint64_t resident_bytes = 0;
  uint64_t open_descriptors = 0;
  uint64_t max_descriptors = 0;
  uint64_t threads = 0;
  double cpu_seconds = 0;  // User's and system's, of all threads, since the start.
};

// As it is now: reads /proc.
ProcessState ReadProcessState();

// What is resident now; 0 if the system does not say. `statm` is /proc/self/statm, opened: an
// attack may take all descriptors.
uint64_t ResidentBytes(int statm);

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_PROCESS_STATE_H_
