#ifndef SPRINGBOARD_SERVER_RUNNING_CALLS_H_
#define SPRINGBOARD_SERVER_RUNNING_CALLS_H_

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace springboard {

// How many calls of the service run now, from their request until their answer has been sent. gRPC
// tells nobody, and counts streams that never end. Thread-safe.
class RunningCalls {
 public:
  void Begin() {
    const absl::MutexLock lock(&mutex_);
    ++count_;
  }
  void End() {
    const absl::MutexLock lock(&mutex_);
    --count_;
  }

  // Returns when no call runs, at the latest after `timeout`.
  void WaitUntilNone(absl::Duration timeout) {
    const absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(
                                +[](int* count) { return *count == 0; }, &count_),
                            timeout);
  }

 private:
  absl::Mutex mutex_;
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_RUNNING_CALLS_H_
