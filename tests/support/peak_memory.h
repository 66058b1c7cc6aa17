#ifndef SPRINGBOARD_TESTS_SUPPORT_PEAK_MEMORY_H_
#define SPRINGBOARD_TESTS_SUPPORT_PEAK_MEMORY_H_

#include <sys/types.h>

#include <cstdint>
#include <fstream>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace springboard {

// The most memory that a process has had, in megabytes; 0 if it is gone.
inline int64_t PeakMegabytes(pid_t pid) {
  std::ifstream status(absl::StrCat("/proc/", pid, "/status"));
  for (std::string line; std::getline(status, line);) {
    absl::string_view rest = line;
    int64_t kilobytes = 0;
    if (absl::ConsumePrefix(&rest, "VmHWM:") && absl::ConsumeSuffix(&rest, " kB") &&
        absl::SimpleAtoi(rest, &kilobytes)) {
      return kilobytes >> 10;
    }
  }
  return 0;
}

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_SUPPORT_PEAK_MEMORY_H_
