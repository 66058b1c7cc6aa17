#include "client/source/timer_queue.h"

#include <thread>

#include "absl/time/clock.h"

namespace springboard {

TimerQueue& TimerQueue::Get() {
  static auto* const queue = new TimerQueue;
  return *queue;
}

TimerQueue::Timer TimerQueue::At(absl::Time time, std::function<void()> callback) {
  absl::MutexLock lock(&mutex_);
  if (!is_running_) {
    std::thread([this] { Run(); }).detach();
    is_running_ = true;
  }
  const Timer timer = {time, next_id_++};
  timers_.emplace(timer, std::move(callback));
  if (timers_.begin()->first == timer) changed_.Signal();
  return timer;
}

void TimerQueue::Forget(const Timer& timer) {
  // Destroyed without the lock: what it holds may forget timers of its own.
  std::function<void()> callback;
  absl::MutexLock lock(&mutex_);
  const auto found = timers_.find(timer);
  if (found == timers_.end()) return;
  callback.swap(found->second);
  timers_.erase(found);
}

void TimerQueue::Run() {
  while (true) {
    std::function<void()> callback;
    {
      absl::MutexLock lock(&mutex_);
      while (timers_.empty() || timers_.begin()->first.first > absl::Now()) {
        const absl::Time next =
            timers_.empty() ? absl::InfiniteFuture() : timers_.begin()->first.first;
        changed_.WaitWithDeadline(&mutex_, next);
      }
      callback = std::move(timers_.begin()->second);
      timers_.erase(timers_.begin());
    }
    callback();
  }
}

}  // namespace springboard
