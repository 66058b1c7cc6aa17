#include "server/process_state.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace springboard {
namespace {

using Buffer = std::array<char, 1024>;

// A file of /proc; empty if it cannot be read.
absl::string_view ReadAll(int fd, Buffer& buffer) {
  const ssize_t size = pread(fd, buffer.data(), buffer.size(), 0);
  return size > 0 ? absl::string_view(buffer.data(), static_cast<size_t>(size))
                  : absl::string_view();
}

uint64_t CountEntries(const char* folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(opendir(folder), &closedir);
  if (entries == nullptr) return 0;
  uint64_t count = 0;
  while (const dirent* entry = readdir(entries.get())) {
    if (entry->d_name[0] != '.') ++count;
  }
  return count;
}

}  // namespace

uint64_t ResidentBytes(int statm) {
  static const auto page_bytes = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  Buffer buffer;
  const std::vector<absl::string_view> numbers = absl::StrSplit(ReadAll(statm, buffer), ' ');
  uint64_t pages = 0;
  return numbers.size() > 1 && absl::SimpleAtoi(numbers[1], &pages) ? pages * page_bytes : 0;
}

ProcessState ReadProcessState() {
  ProcessState state;
  const int statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (statm >= 0) {
    state.resident_bytes = ResidentBytes(statm);
    close(statm);
  }
  // The folder's own descriptor is one of them while it is read.
  const uint64_t entries = CountEntries("/proc/self/fd");
  state.open_descriptors = entries > 0 ? entries - 1 : 0;
  state.threads = CountEntries("/proc/self/task");
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) state.max_descriptors = limit.rlim_cur;
  rusage usage = {};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    constexpr double kMicroseconds = 1e-6;
    state.cpu_seconds =
        static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
        kMicroseconds * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  }
  return state;
}

}  // namespace springboard
