#include "server/memory_guard.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/process_state.h"

namespace springboard {
namespace {

// A gigabyte takes longer to come in.
constexpr absl::Duration kInterval = absl::Milliseconds(50);

}  // namespace

absl::Status StartMemoryGuard(std::shared_ptr<const std::atomic<uint64_t>> max_resident_bytes,
                              std::function<void(const std::string& why)> last_words) {
  const int statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (ResidentBytes(statm) == 0) {
    if (*max_resident_bytes == 0) return absl::OkStatus();
    return absl::FailedPreconditionError(absl::StrCat(
        "--max_resident_bytes needs /proc/self/statm, or is to be 0: ", std::strerror(errno)));
  }
  std::thread([max_resident_bytes = std::move(max_resident_bytes),
               last_words = std::move(last_words), statm] {
    while (true) {
      absl::SleepFor(kInterval);
      const uint64_t resident = ResidentBytes(statm);
      const uint64_t max = *max_resident_bytes;
      if (max == 0 || resident <= max) continue;
      last_words(absl::StrCat(resident, " bytes are resident, and at most ", max,
                              " may be (--max_resident_bytes): it ends, to be started again"));
      _exit(kExitMemory);
    }
  }).detach();
  return absl::OkStatus();
}

}  // namespace springboard
