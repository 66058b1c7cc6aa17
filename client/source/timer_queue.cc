#include "client/source/timer_queue.h"

#include <exception>
#include <new>
#include <thread>

#include "absl/time/clock.h"

namespace springboard {

TimerQueue& TimerQueue::Get() {
  static auto* const queue = new TimerQueue;
  return *queue;
}

bool TimerQueue::StartThread() {
  if (is_running_) return true;
  try {
    std::thread([this] { Run(); }).detach();
    is_running_ = true;
  } catch (const std::exception&) {
    // A process that has locked itself down, or has all the threads that it may.
  }
  return is_running_;
}

bool TimerQueue::Prepare() noexcept {
  absl::MutexLock lock(&mutex_);
  return StartThread();
}

std::optional<TimerQueue::Timer> TimerQueue::At(absl::Time time,
                                                std::function<void()> callback) noexcept {
  absl::MutexLock lock(&mutex_);
  if (!StartThread()) return std::nullopt;
  const Timer timer = {time, next_id_++};
  try {
    timers_.emplace(timer, std::move(callback));
  } catch (const std::bad_alloc&) {
    return std::nullopt;
  }
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
