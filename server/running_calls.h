#ifndef SPRINGBOARD_SERVER_RUNNING_CALLS_H_
#define SPRINGBOARD_SERVER_RUNNING_CALLS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace springboard {

// What may be under way at a time; 0 for any number.
struct CallLimits {
  uint32_t max_calls = 1000;
  uint32_t max_calls_of_client = 500;
  uint64_t max_answer_bytes = 128 << 20;  // Of answers that have not been sent yet.
  // How long a call may take, with the sending of its answer.
  absl::Duration max_duration = absl::Minutes(1);
};

// The calls of the service that run now, from their request until their answer has been sent. gRPC
// tells nobody, and counts streams that never end. Thread-safe.
class RunningCalls {
 public:
  explicit RunningCalls(const CallLimits& limits) : limits_(limits) {}

  // A call that has begun.
  class Call {
   public:
    // 0 for any time.
    absl::Duration max_duration() const { return max_duration_; }

   private:
    friend class RunningCalls;

    explicit Call(absl::Duration max_duration) : max_duration_(max_duration) {}

    absl::Duration max_duration_;
    // In of_client_, and read under its mutex; null for nobody single.
    uint32_t* of_client_ = nullptr;
  };

  // One of `client`; "" is nobody single. Error, and then nothing has begun: RESOURCE_EXHAUSTED,
  // TOO_MANY_CALLS or TOO_MANY_CALLS_OF_CLIENT, with a retry delay.
  absl::StatusOr<Call> Begin(const std::string& client);
  // One that has begun is about to send so many bytes. Error, and then it is not to:
  // RESOURCE_EXHAUSTED, TOO_MANY_ANSWER_BYTES, with a retry delay.
  absl::Status Answer(uint64_t bytes);
  // One has ended, once, with so many bytes of answer.
  void End(const Call& call, uint64_t answer_bytes);

  // What is under way now.
  struct Counts {
    uint32_t calls = 0;
    uint64_t answer_bytes = 0;  // Not read by their clients yet.
  };
  Counts counts() const;

  // From now on; what has begun goes on.
  void SetLimits(const CallLimits& limits);

  // Returns when no call runs, at the latest after `timeout`.
  void WaitUntilNone(absl::Duration timeout);

  // Clients without calls are forgotten when so many are known, or twice as many as had calls the
  // last time.
  static constexpr size_t kMinKnownClients = 1024;
  // With those that have no call now.
  size_t known_clients() const;

 private:
  // How many calls of `client` run, 0 if it is new. May forget clients without calls.
  uint32_t& CallsOf(const std::string& client) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  CallLimits limits_ ABSL_GUARDED_BY(mutex_);
  uint32_t count_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t answer_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  // Clients without calls stay for their next. Calls point into it: a map's nodes stay where they
  // are, and none with a call is erased.
  std::map<std::string, uint32_t> of_client_ ABSL_GUARDED_BY(mutex_);
  size_t max_known_clients_ ABSL_GUARDED_BY(mutex_) = kMinKnownClients;
};

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_RUNNING_CALLS_H_
