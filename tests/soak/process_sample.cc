#include "tests/soak/process_sample.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace springboard {
namespace {

// In kB; below zero if it cannot be read. Not that of /proc/PID/status, which the kernel adds up
// from counters of each processor: that may be off by more than 1 %.
int64_t ResidentKilobytes(pid_t pid) {
  std::ifstream maps(absl::StrCat("/proc/", pid, "/smaps_rollup"));
  for (std::string line; std::getline(maps, line);) {
    absl::string_view rest = line;
    int64_t kilobytes = 0;
    if (absl::ConsumePrefix(&rest, "Rss:") && absl::ConsumeSuffix(&rest, " kB") &&
        absl::SimpleAtoi(absl::StripAsciiWhitespace(rest), &kilobytes)) {
      return kilobytes;
    }
  }
  return -1;
}

// How many entries a folder has; below zero if it cannot be read.
int CountEntries(const std::string& path) {
  std::error_code error;
  int count = 0;
  for (std::filesystem::directory_iterator i(path, error), end; !error && i != end;
       i.increment(error)) {
    ++count;
  }
  return error ? -1 : count;
}

}  // namespace

std::optional<ProcessSample> SampleProcess(pid_t pid) {
  const int64_t resident = ResidentKilobytes(pid);
  const int descriptors = CountEntries(absl::StrCat("/proc/", pid, "/fd"));
  const int threads = CountEntries(absl::StrCat("/proc/", pid, "/task"));
  if (resident < 0 || descriptors < 0 || threads < 0) return std::nullopt;
  return ProcessSample{static_cast<double>(resident) / 1024, descriptors, threads};
}

}  // namespace springboard
