#ifndef SPRINGBOARD_SERVER_CALL_DEADLINES_H_
#define SPRINGBOARD_SERVER_CALL_DEADLINES_H_

#include <grpcpp/server_context.h>

#include <set>
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
  CallDeadlines() : thread_([this] { Run(); }) {}
  // No call is left by then.
  ~CallDeadlines();

  CallDeadlines(const CallDeadlines&) = delete;
  CallDeadlines& operator=(const CallDeadlines&) = delete;

  // Cancels the call of `context` at `deadline`, if it is still there.
  void Add(absl::Time deadline, grpc::ServerContextBase* context);
  // It was added with this deadline, and is not looked at from here on.
  void Remove(absl::Time deadline, grpc::ServerContextBase* context);

 private:
  void Run();

  absl::Mutex mutex_;
  absl::CondVar changed_;
  std::set<std::pair<absl::Time, grpc::ServerContextBase*>> calls_ ABSL_GUARDED_BY(mutex_);
  // When the thread looks again. It is not woken when a call ends, so calls that come one after
  // the other do not wake it either.
  absl::Time next_look_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_CALL_DEADLINES_H_
