#include "server/memory_guard.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace springboard {
namespace {

// A gigabyte takes longer to come in.
constexpr absl::Duration kInterval = absl::Milliseconds(50);

// 0 if the system does not say.
uint64_t ResidentBytes() {
  static const auto page_bytes = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  std::ifstream file("/proc/self/statm");
  uint64_t total = 0;
  uint64_t resident = 0;
  file >> total >> resident;
  return resident * page_bytes;
}

}  // namespace

absl::Status StartMemoryGuard(uint64_t max_resident_bytes) {
  if (ResidentBytes() == 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        "--max_resident_bytes needs /proc/self/statm, or is to be 0: ", std::strerror(errno)));
  }
  std::thread([max_resident_bytes] {
    while (true) {
      absl::SleepFor(kInterval);
      const uint64_t resident = ResidentBytes();
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
