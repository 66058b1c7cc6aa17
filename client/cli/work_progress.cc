#include "client/cli/work_progress.h"

#include <sys/resource.h>

#include <algorithm>

#include "absl/strings/str_format.h"
#include "client/cli/progress_bar.h"

namespace springboard {
namespace {

constexpr absl::Duration kRedrawEvery = absl::Milliseconds(100);

double PeakMebibytes() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
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
