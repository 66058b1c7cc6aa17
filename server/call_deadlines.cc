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

void CallDeadlines::Add(absl::Time deadline, Call& call) {
  const absl::MutexLock lock(&mutex_);
  call.deadline_ = deadline;
  call.is_listed_ = true;
  call.earlier_ = last_;
  while (call.earlier_ != nullptr && call.earlier_->deadline_ > deadline) {
    call.earlier_ = call.earlier_->earlier_;
  }
  call.later_ = call.earlier_ == nullptr ? first_ : call.earlier_->later_;
  (call.earlier_ == nullptr ? first_ : call.earlier_->later_) = &call;
  (call.later_ == nullptr ? last_ : call.later_->earlier_) = &call;
  if (deadline >= next_look_) return;
  next_look_ = deadline;
  changed_.Signal();
}

void CallDeadlines::Remove(Call& call) {
  const absl::MutexLock lock(&mutex_);
  if (call.is_listed_) {
    Unlink(call);
    return;
  }
  // To cancel a call may end it at once.
  if (std::this_thread::get_id() == thread_.get_id()) return;
  const auto is_over = [this, &call]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return late_ != &call; };
  mutex_.Await(absl::Condition(&is_over));
}

void CallDeadlines::Unlink(Call& call) {
  (call.earlier_ == nullptr ? first_ : call.earlier_->later_) = call.later_;
  (call.later_ == nullptr ? last_ : call.later_->earlier_) = call.earlier_;
  call.is_listed_ = false;
}

void CallDeadlines::CancelLate(absl::Time now) {
  while (first_ != nullptr && first_->deadline_ <= now) {
    late_ = first_;
    Unlink(*late_);
    // Of its own, since this may destroy the call.
    const std::function<void()> cancel = late_->cancel_;
    // gRPC may run any call's code in this. Who removes this one waits; so it is there.
    mutex_.Unlock();
    cancel();
    mutex_.Lock();
    late_ = nullptr;
  }
}

void CallDeadlines::Run() {
  const absl::MutexLock lock(&mutex_);
  while (!is_stopping_) {
    const absl::Time now = absl::Now();
    CancelLate(now);
    if (next_look_ <= now) {
      next_look_ = first_ == nullptr ? absl::InfiniteFuture() : first_->deadline_;
    }
    if (!is_stopping_) changed_.WaitWithDeadline(&mutex_, next_look_);
  }
}

}  // namespace springboard
