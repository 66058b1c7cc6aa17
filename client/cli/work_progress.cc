#include "client/cli/work_progress.h"

#include <algorithm>
#include <fstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "client/cli/progress_bar.h"

namespace springboard {
namespace {

constexpr absl::Duration kRedrawEvery = absl::Milliseconds(100);

// Of this program: getrusage() would count what a process had that became this one by exec(). 0 if
// there is no /proc.
double PeakMebibytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    absl::string_view rest = line;
    double kilobytes = 0;
    if (absl::ConsumePrefix(&rest, "VmHWM:") && absl::ConsumeSuffix(&rest, " kB") &&
        absl::SimpleAtod(rest, &kilobytes)) {
      return kilobytes / 1024;
    }
  }
  return 0;
}

// A clock that was set back gives no rate.
double PerSecond(uint64_t done, double seconds) {
  return seconds > 0 ? static_cast<double>(done) / seconds : 0;
}

}  // namespace

void WorkProgress::Show(uint64_t done) {
  if (done < total_ && absl::Now() < next_) return;
  next_ = absl::Now() + kRedrawEvery;
  const double part = total_ == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total_);
  line_.Show(absl::StrFormat("%s %3.0f %%  %d of %d  %.0f/s  %.0f MiB ", ProgressBar(part),
                             100 * part, done, total_, PerSecond(done, Seconds()),
                             PeakMebibytes()));
}

std::string WorkProgress::Summary(uint64_t done) const {
  const double seconds = Seconds();
  return absl::StrFormat("in %.1f s, %.0f a second, with %.0f MiB of memory at most", seconds,
                         PerSecond(done, seconds), PeakMebibytes());
}

}  // namespace springboard
