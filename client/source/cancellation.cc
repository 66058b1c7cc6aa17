#include "client/source/cancellation.h"

#include <map>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace springboard {

struct Cancellation::Registration::State {
  absl::Mutex mutex;
  bool is_cancelled ABSL_GUARDED_BY(mutex) = false;
  uint64_t next_id ABSL_GUARDED_BY(mutex) = 0;
  std::map<uint64_t, std::function<void()>> callbacks ABSL_GUARDED_BY(mutex);
};

Cancellation Cancellation::New() {
  Cancellation cancellation;
  cancellation.state_ = std::make_shared<Registration::State>();
  return cancellation;
}

void Cancellation::Cancel() const {
  if (state_ == nullptr) return;
  std::map<uint64_t, std::function<void()>> callbacks;
  {
    absl::MutexLock lock(&state_->mutex);
    state_->is_cancelled = true;
    callbacks.swap(state_->callbacks);
  }
  for (const auto& [id, callback] : callbacks) callback();
}

bool Cancellation::is_cancelled() const {
  if (state_ == nullptr) return false;
  absl::MutexLock lock(&state_->mutex);
  return state_->is_cancelled;
}

Cancellation::Registration Cancellation::OnCancel(std::function<void()> callback) const {
  Registration registration;
  if (state_ == nullptr) return registration;
  {
    absl::MutexLock lock(&state_->mutex);
    if (!state_->is_cancelled) {
      registration.state_ = state_;
      registration.id_ = state_->next_id++;
      state_->callbacks.emplace(registration.id_, std::move(callback));
      return registration;
    }
  }
  callback();
  return registration;
}

Cancellation::Registration::~Registration() {
  if (state_ == nullptr) return;
  // Destroyed without the lock: what it holds may have registrations of its own.
  std::function<void()> callback;
  absl::MutexLock lock(&state_->mutex);
  const auto found = state_->callbacks.find(id_);
  if (found == state_->callbacks.end()) return;
  callback.swap(found->second);
  state_->callbacks.erase(found);
}

}  // namespace springboard
