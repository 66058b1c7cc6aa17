#include "server/memory_guard.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace springboard {
namespace {

// A gigabyte takes longer to come in.
constexpr absl::Duration kInterval = absl::Milliseconds(50);

// What the second number of /proc/self/statm says, a file that stays open: an attack may take all
// descriptors. 0 if the system does not say.
uint64_t ResidentBytes(int statm) {
  static const auto page_bytes = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  std::array<char, 128> buffer = {};
  const ssize_t size = pread(statm, buffer.data(), buffer.size(), 0);
  if (size <= 0) return 0;
  const std::vector<absl::string_view> numbers =
      absl::StrSplit(absl::string_view(buffer.data(), static_cast<size_t>(size)), ' ');
  uint64_t pages = 0;
  return numbers.size() > 1 && absl::SimpleAtoi(numbers[1], &pages) ? pages * page_bytes : 0;
}

}  // namespace

absl::Status StartMemoryGuard(uint64_t max_resident_bytes) {
  const int statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (statm < 0 || ResidentBytes(statm) == 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        "--max_resident_bytes needs /proc/self/statm, or is to be 0: ", std::strerror(errno)));
  }
  std::thread([max_resident_bytes, statm] {
    while (true) {
      absl::SleepFor(kInterval);
      const uint64_t resident = ResidentBytes(statm);
      if (resident <= max_resident_bytes) continue;
      std::cerr << absl::StrCat("springboard_server: ", resident,
                                " bytes are resident, and at most ", max_resident_bytes,
                                " may be (--max_resident_bytes): it ends, to be started again\n");
      _exit(kExitMemory);
    }
  }).detach();
  return absl::OkStatus();
}

}  // namespace springboard
