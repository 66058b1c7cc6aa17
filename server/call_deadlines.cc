#include "server/call_deadlines.h"

#include "absl/time/clock.h"

namespace springboard {

CallDeadlines::~CallDeadlines() {
  {
    const absl::MutexLock lock(&mutex_);
    is_stopping_ = true;
    changed_.Signal();
  }
  thread_.join();
}

void CallDeadlines::Add(absl::Time deadline, grpc::ServerContextBase* context) {
  const absl::MutexLock lock(&mutex_);
  calls_.emplace(deadline, context);
  if (deadline >= next_look_) return;
  next_look_ = deadline;
  changed_.Signal();
}

void CallDeadlines::Remove(absl::Time deadline, grpc::ServerContextBase* context) {
  // TryCancel() may end the call at once; Run() has removed it.
  if (std::this_thread::get_id() == thread_.get_id()) return;
  const absl::MutexLock lock(&mutex_);
  calls_.erase({deadline, context});
}

void CallDeadlines::Run() {
  const absl::MutexLock lock(&mutex_);
  while (!is_stopping_) {
    const absl::Time now = absl::Now();
    while (!calls_.empty() && calls_.begin()->first <= now) {
      grpc::ServerContextBase* const late = calls_.begin()->second;
      calls_.erase(calls_.begin());
      // Who removes it waits for this; so it is there.
      late->TryCancel();
    }
    if (next_look_ <= now) {
      next_look_ = calls_.empty() ? absl::InfiniteFuture() : calls_.begin()->first;
    }
    changed_.WaitWithDeadline(&mutex_, next_look_);
  }
}

}  // namespace springboard
