#ifndef SPRINGBOARD_TESTS_SOAK_PROCESS_SAMPLE_H_
#define SPRINGBOARD_TESTS_SOAK_PROCESS_SAMPLE_H_

#include <sys/types.h>

#include <optional>

namespace springboard {

// What a process has at a moment.
struct ProcessSample {
  double resident_megabytes = 0;
  int descriptors = 0;
  int threads = 0;
};

// As /proc has it; nothing if the process is gone, or of another user.
std::optional<ProcessSample> SampleProcess(pid_t pid);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_SOAK_PROCESS_SAMPLE_H_
