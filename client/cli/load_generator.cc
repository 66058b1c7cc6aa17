#include "client/cli/load_generator.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "client/code_check.h"
#include "client/source/cancellation.h"
#include "client/source/timer_queue.h"

namespace springboard {
namespace {

// A server that is not there fails a call at once; without a pause nothing else would happen.
constexpr absl::Duration kPauseWithoutServer = absl::Milliseconds(50);

using Clock = std::chrono::steady_clock;

bool IsUnreachable(const absl::StatusOr<Trampoline>& result) {
  return result.status().code() == absl::StatusCode::kUnavailable;
}

}  // namespace

// As many sequences of calls as are to be under way at a time. Thread-safe.
class LoadGenerator::Lanes : public std::enable_shared_from_this<Lanes> {
 public:
  Lanes(std::shared_ptr<TrampolineSource> source, LoadOptions options)
      : source_(std::move(source)), options_(std::move(options)), running_(options_.in_flight) {}

  void Begin() {
    for (uint32_t i = 0; i < options_.in_flight; ++i) RunLane();
  }

  LoadTally Take() {
    LoadTally tally;
    const absl::MutexLock lock(&mutex_);
    std::swap(tally, tally_);
    return tally;
  }

  void End() {
    const absl::MutexLock lock(&mutex_);
    is_over_ = true;
  }

  void Cancel() const { cancellation_.Cancel(); }

  // Returns how many calls were cancelled.
  uint64_t Wait() {
    const absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](uint32_t* running) { return *running == 0; }, &running_));
    return cancelled_;
  }

 private:
  // A call, whose end comes in another thread, or in this one before it is known to have begun.
  struct Call {
    std::vector<CompileRequest> requests;  // Kept where answers are verified.
    Clock::time_point start;
    std::atomic<bool> is_half_done = false;
    bool is_unreachable = false;  // Once it has ended.

    // True for the second of its beginning and its end, which has the lane to go on with.
    bool HasLane() { return is_half_done.exchange(true); }
  };

  // Makes calls as long as each ends before its beginning does.
  void RunLane() {
    while (const std::shared_ptr<Call> call = NextCall()) {
      source_->Start(options_.is_verifying ? call->requests : std::move(call->requests),
                     {absl::Now() + options_.deadline, cancellation_},
                     [self = shared_from_this(), call](CompileResults results) {
                       self->Count(*call, results);
                       if (call->HasLane() && !self->Pauses(*call)) self->RunLane();
                     });
      if (!call->HasLane() || Pauses(*call)) return;
    }
  }

  // Nothing, and one lane fewer, if there are to be no more.
  std::shared_ptr<Call> NextCall() {
    size_t position = 0;
    {
      const absl::MutexLock lock(&mutex_);
      if (is_over_) {
        --running_;
        return nullptr;
      }
      position = position_;
      position_ = (position_ + options_.batch) % options_.requests.size();
    }
    auto call = std::make_shared<Call>();
    call->requests.reserve(options_.batch);
    for (size_t i = 0; i < options_.batch; ++i) {
      call->requests.push_back(options_.requests[(position + i) % options_.requests.size()]);
    }
    call->start = Clock::now();
    return call;
  }

  void Count(Call& call, CompileResults& results) {
    const absl::Duration latency = absl::FromChrono(Clock::now() - call.start);
    for (size_t i = 0; options_.is_verifying && i < results.size(); ++i) {
      if (!results[i].ok()) continue;
      const absl::Status status =
          CheckCode(call.requests[i].signature, *results[i], Verification::kOn);
      if (!status.ok()) results[i] = status;
    }
    call.is_unreachable = std::any_of(results.begin(), results.end(), IsUnreachable);
    const bool is_cut_short =
        cancellation_.is_cancelled() &&
        std::any_of(results.begin(), results.end(), [](const absl::StatusOr<Trampoline>& result) {
          return absl::IsCancelled(result.status());
        });
    const absl::MutexLock lock(&mutex_);
    if (is_cut_short) {
      ++cancelled_;
    } else {
      tally_.Add(results, latency);
    }
  }

  // True if the lane goes on by itself, later.
  bool Pauses(const Call& call) {
    const auto go_on = [self = shared_from_this()] { self->RunLane(); };
    return call.is_unreachable &&
           TimerQueue::Get().At(absl::Now() + kPauseWithoutServer, go_on).has_value();
  }

  const std::shared_ptr<TrampolineSource> source_;
  const LoadOptions options_;
  const Cancellation cancellation_ = Cancellation::New();
  absl::Mutex mutex_;
  uint32_t running_ ABSL_GUARDED_BY(mutex_);
  bool is_over_ ABSL_GUARDED_BY(mutex_) = false;
  size_t position_ ABSL_GUARDED_BY(mutex_) = 0;  // Of the next request.
  uint64_t cancelled_ ABSL_GUARDED_BY(mutex_) = 0;
  LoadTally tally_ ABSL_GUARDED_BY(mutex_);
};

LoadGenerator::LoadGenerator(std::shared_ptr<TrampolineSource> source, LoadOptions options)
    : lanes_(std::make_shared<Lanes>(std::move(source), std::move(options))) {
  lanes_->Begin();
}

LoadGenerator::~LoadGenerator() { GiveUp(); }

LoadTally LoadGenerator::Take() { return lanes_->Take(); }

void LoadGenerator::Finish() {
  lanes_->End();
  lanes_->Wait();
}

uint64_t LoadGenerator::GiveUp() {
  lanes_->End();
  lanes_->Cancel();
  return lanes_->Wait();
}

}  // namespace springboard
