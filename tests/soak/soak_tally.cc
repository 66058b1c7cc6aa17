#include "tests/soak/soak_tally.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace springboard {

void SoakTally::Add(LoadKind kind, uint64_t trampolines) {
  const absl::MutexLock lock(&mutex_);
  ++counts_.calls[static_cast<size_t>(kind)];
  counts_.trampolines += trampolines;
}

void SoakTally::AddWrong(LoadKind kind, const std::string& what) {
  const absl::MutexLock lock(&mutex_);
  ++counts_.calls[static_cast<size_t>(kind)];
  if (counts_.wrong++ == 0) {
    counts_.first_wrong = absl::StrCat(kLoadKindNames[static_cast<size_t>(kind)], ": ", what);
  }
}

void SoakTally::AddCertificate(const std::string& certificate) {
  const absl::MutexLock lock(&mutex_);
  if (certificate == certificate_ || certificate == certificate_before_) return;
  certificate_before_ = std::exchange(certificate_, certificate);
  ++counts_.certificates;
}

void SoakTally::AddCutShort() {
  const absl::MutexLock lock(&mutex_);
  ++counts_.cut_short;
}

void SoakTally::AddLatency(absl::Duration latency) {
  const absl::MutexLock lock(&mutex_);
  latencies_.Add(latency);
}

SoakCounts SoakTally::counts() const {
  const absl::MutexLock lock(&mutex_);
  return counts_;
}

LatencyHistogram SoakTally::TakeLatencies() {
  LatencyHistogram latencies;
  const absl::MutexLock lock(&mutex_);
  std::swap(latencies, latencies_);
  return latencies;
}

}  // namespace springboard
