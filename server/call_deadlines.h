#ifndef SPRINGBOARD_SERVER_CALL_DEADLINES_H_
#define SPRINGBOARD_SERVER_CALL_DEADLINES_H_

#include <functional>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace springboard {

// Cancels the calls that take too long. One thread does, and sleeps until the first is late: an
// alarm of gRPC's for each call is as much work, and as many switches of threads, as the rest of a
// short call. Thread-safe.
class CallDeadlines {
 public:
  // A call's place among the others, which is where the call is: it takes no memory to add one.
  class Call {
   public:
    // `cancel` may end the call, and so remove and destroy this.
    explicit Call(std::function<void()> cancel) : cancel_(std::move(cancel)) {}
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

   private:
    friend class CallDeadlines;

    const std::function<void()> cancel_;
    // The rest is the list's.
    absl::Time deadline_;
    bool is_listed_ = false;
    Call* earlier_ = nullptr;
    Call* later_ = nullptr;
  };

  CallDeadlines() : thread_([this] { Run(); }) {}
  // No call is left by then.
  ~CallDeadlines();

  CallDeadlines(const CallDeadlines&) = delete;
  CallDeadlines& operator=(const CallDeadlines&) = delete;

  // Cancels `call` at `deadline`, if it is still there.
  void Add(absl::Time deadline, Call& call);
  // It was added, and is not looked at from here on: waits while it is being cancelled, but in the
  // thread that cancels it.
  void Remove(Call& call);

 private:
  void Run();
  // All whose deadlines are before `now`.
  void CancelLate(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Unlink(Call& call) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Mutex mutex_;
  absl::CondVar changed_;
  // By their deadlines. Most calls have the same time, so that a new one is the last.
  Call* first_ ABSL_GUARDED_BY(mutex_) = nullptr;
  Call* last_ ABSL_GUARDED_BY(mutex_) = nullptr;
  // That which is being cancelled now; on no list any more.
  Call* late_ ABSL_GUARDED_BY(mutex_) = nullptr;
  // When the thread looks again. It is not woken when a call ends, so calls that come one after
  // the other do not wake it either.
  absl::Time next_look_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_CALL_DEADLINES_H_
