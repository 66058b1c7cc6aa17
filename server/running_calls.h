#ifndef SPRINGBOARD_SERVER_RUNNING_CALLS_H_
#define SPRINGBOARD_SERVER_RUNNING_CALLS_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace springboard {

// How many calls may run at a time; 0 for any number.
struct CallLimits {
  uint32_t max_calls = 1000;
  uint32_t max_calls_of_client = 0;
};

// The calls of the service that run now, from their request until their answer has been sent. gRPC
// tells nobody, and counts streams that never end. Thread-safe.
class RunningCalls {
 public:
  explicit RunningCalls(const CallLimits& limits) : limits_(limits) {}

  // One of `client`; "" is nobody single. Error, and then nothing has begun: RESOURCE_EXHAUSTED,
  // TOO_MANY_CALLS or TOO_MANY_CALLS_OF_CLIENT, with a retry delay.
  absl::Status Begin(const std::string& client);
  void End(const std::string& client);

  // Returns when no call runs, at the latest after `timeout`.
  void WaitUntilNone(absl::Duration timeout);

 private:
  const CallLimits limits_;
  absl::Mutex mutex_;
  uint32_t count_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, uint32_t> of_client_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_RUNNING_CALLS_H_
