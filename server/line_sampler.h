#ifndef SPRINGBOARD_SERVER_LINE_SAMPLER_H_
#define SPRINGBOARD_SERVER_LINE_SAMPLER_H_

#include <cstdint>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace springboard {

// Lets so many events of a second through, and counts the others. Thread-safe.
class LineSampler {
 public:
  explicit LineSampler(uint32_t per_second) : per_second_(per_second) {}

  void set_per_second(uint32_t per_second) {
    const absl::MutexLock lock(&mutex_);
    per_second_ = per_second;
  }

  // For an event of that time: how many were left out since the last one that was not; nothing if
  // this one is left out too.
  std::optional<uint64_t> Take(absl::Time now) {
    const int64_t second = absl::ToUnixSeconds(now);
    const absl::MutexLock lock(&mutex_);
    if (second != second_) {
      second_ = second;
      taken_ = 0;
    }
    if (taken_ >= per_second_) {
      ++left_out_;
      return std::nullopt;
    }
    ++taken_;
    const uint64_t left_out = left_out_;
    left_out_ = 0;
    return left_out;
  }

 private:
  absl::Mutex mutex_;
  uint32_t per_second_ ABSL_GUARDED_BY(mutex_);
  int64_t second_ ABSL_GUARDED_BY(mutex_) = 0;
  uint32_t taken_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t left_out_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_LINE_SAMPLER_H_
