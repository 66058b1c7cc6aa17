#ifndef SPRINGBOARD_CLIENT_SOURCE_TIMER_QUEUE_H_
#define SPRINGBOARD_CLIENT_SOURCE_TIMER_QUEUE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace springboard {

// Calls functions later, in a thread of its own. One for the process, never destroyed; a forked
// child's never calls. Thread-safe.
class TimerQueue {
 public:
  using Timer = std::pair<absl::Time, uint64_t>;

  static TimerQueue& Get();

  // Starts the thread, if it does not run, so that nothing else does later. False if the system
  // refuses one.
  bool Prepare() noexcept;

  // Calls `callback`, which must not block, at `time` or soon after. Nothing, and never, if there
  // is no thread or no memory for it.
  std::optional<Timer> At(absl::Time time, std::function<void()> callback) noexcept;

  // Does nothing if it has been called, and does not wait for one that is being called.
  void Forget(const Timer& timer);

 private:
  TimerQueue() = default;

  bool StartThread() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  [[noreturn]] void Run();

  absl::Mutex mutex_;
  absl::CondVar changed_;
  bool is_running_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t next_id_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<Timer, std::function<void()>> timers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_SOURCE_TIMER_QUEUE_H_
