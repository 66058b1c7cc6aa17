#include "client/source/cached_source.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "client/source/timer_queue.h"
#include "client/source/trampoline_cache.h"

namespace springboard {
namespace {

bool IsCutShort(const absl::Status& status) {
  return status.code() == absl::StatusCode::kCancelled ||
         status.code() == absl::StatusCode::kDeadlineExceeded;
}

// One Start(), until each of its requests has a result.
class Call {
 public:
  Call(std::vector<CompileRequest> requests, const CallOptions& options, CompileCallback done)
      : requests_(std::move(requests)),
        options_(options),
        done_(std::move(done)),
        results_(AllFailed(requests_.size(), absl::UnknownError("not answered"))),
        is_open_(requests_.size(), true),
        open_(requests_.size()) {}

  const std::vector<CompileRequest>& requests() const { return requests_; }
  const CallOptions& options() const { return options_; }

  // Ends what waits for others at the call's own deadline or cancellation.
  static void Limit(const std::shared_ptr<Call>& call) {
    const std::weak_ptr<Call> weak = call;
    const auto end = [weak] {
      const std::shared_ptr<Call> strong = weak.lock();
      if (strong != nullptr) strong->EndAll(CheckWanted(strong->options_));
    };
    Cancellation::Registration registration = call->options_.cancellation.OnCancel(end);
    // Without a timer it ends with what it waits for, which takes little longer.
    std::optional<TimerQueue::Timer> timer;
    if (call->options_.deadline != absl::InfiniteFuture()) {
      timer = TimerQueue::Get().At(call->options_.deadline, end);
    }
    absl::MutexLock lock(&call->mutex_);
    call->registration_ = std::move(registration);
    call->timer_ = timer;
  }

  ~Call() {
    if (timer_.has_value()) TimerQueue::Get().Forget(*timer_);
  }

  // Only the first result of a request counts.
  void Answer(size_t index, const absl::StatusOr<Trampoline>& result) {
    absl::ReleasableMutexLock lock(&mutex_);
    if (!is_open_[index]) return;
    is_open_[index] = false;
    results_[index] = result;
    if (--open_ > 0) return;
    // Nobody looks at these any more.
    lock.Release();
    done_(std::move(results_));
  }

  bool IsOpen() {
    absl::MutexLock lock(&mutex_);
    return open_ > 0;
  }
  bool IsOpen(size_t index) {
    absl::MutexLock lock(&mutex_);
    return is_open_[index];
  }

 private:
  void EndAll(const absl::Status& status) {
    if (status.ok()) return;
    for (size_t i = 0; i < requests_.size(); ++i) Answer(i, status);
  }

  const std::vector<CompileRequest> requests_;
  const CallOptions options_;
  absl::Mutex mutex_;
  const CompileCallback done_;
  CompileResults results_;     // Guarded by mutex_ while any is open.
  std::vector<bool> is_open_;  // Guarded by mutex_.
  size_t open_;                // Guarded by mutex_.
  Cancellation::Registration registration_ ABSL_GUARDED_BY(mutex_);
  std::optional<TimerQueue::Timer> timer_;  // Guarded by mutex_ until destruction.
};

// A request of a call.
struct Wish {
  std::shared_ptr<Call> call;
  size_t index;

  const CompileRequest& request() const { return call->requests()[index]; }
};

// Those that wait for what another call asked for.
class Flight {
 public:
  explicit Flight(absl::Time deadline) : deadline_(deadline) {}

  // Whether a call until `deadline` gets its answer in time, from a source that asks another when
  // half of a call's time is over.
  bool Suits(absl::Time deadline, absl::Time now) const {
    constexpr double kSlack = 1.25;
    return deadline_ > now &&
           (deadline_ <= deadline || deadline_ - now <= (deadline - now) * kSlack);
  }

  void Join(Wish wish) {
    if (joined_.size() >= next_sweep_) {
      joined_.erase(std::remove_if(joined_.begin(), joined_.end(),
                                   [](const Wish& one) { return !one.call->IsOpen(one.index); }),
                    joined_.end());
      next_sweep_ = 2 * joined_.size() + 16;
    }
    joined_.push_back(std::move(wish));
  }

  std::vector<Wish>& joined() { return joined_; }

 private:
  const absl::Time deadline_;
  std::vector<Wish> joined_;
  size_t next_sweep_ = 16;  // Of wishes that nobody has any more.
};

}  // namespace

class CachedSource::Cache : public std::enable_shared_from_this<CachedSource::Cache> {
 public:
  Cache(std::shared_ptr<TrampolineSource> source, size_t max_bytes,
        std::shared_ptr<SourceStatistics> statistics)
      : source_(std::move(source)), statistics_(std::move(statistics)), cache_(max_bytes) {}

  // Answers what is there, lets others wait for what is under way, and asks for the rest.
  void Ask(const std::shared_ptr<Call>& call, const std::vector<size_t>& indexes) {
    const Outcome outcome = AskWhatIsMissing(call, indexes);
    statistics_->Count(SourceEvent::kCacheHit, outcome.hits);
    statistics_->Count(SourceEvent::kCacheMiss, indexes.size() - outcome.hits);
    statistics_->Count(SourceEvent::kJoined, outcome.joined);
  }

  std::optional<Trampoline> Find(const CompileRequest& request) {
    std::optional<Trampoline> hit = cache_.Find(request);
    if (hit.has_value()) statistics_->Count(SourceEvent::kCacheHit);
    return hit;
  }

  TrampolineSource& source() { return *source_; }

 private:
  // A wish that the source was asked for.
  struct Asked {
    Wish wish;
    std::shared_ptr<Flight> flight;
  };
  struct Outcome {
    size_t hits;
    size_t joined;
  };

  Outcome AskWhatIsMissing(const std::shared_ptr<Call>& call, const std::vector<size_t>& indexes) {
    std::vector<std::pair<size_t, Trampoline>> hits;
    std::vector<Asked> asked;
    size_t joined = 0;
    const absl::Time deadline = call->options().deadline;
    {
      absl::MutexLock lock(&mutex_);
      const absl::Time now = absl::Now();
      for (const size_t index : indexes) {
        if (std::optional<Trampoline> hit = cache_.Find(call->requests()[index])) {
          hits.emplace_back(index, *std::move(hit));
          continue;
        }
        std::shared_ptr<Flight>& flight = flights_[RequestKey(call->requests()[index])];
        if (flight != nullptr && flight->Suits(deadline, now)) {
          flight->Join({call, index});
          ++joined;
        } else {
          // The one that ends sooner is joined from now on.
          flight = std::make_shared<Flight>(deadline);
          asked.push_back({{call, index}, flight});
        }
      }
    }
    for (const auto& [index, trampoline] : hits) call->Answer(index, trampoline);
    if (!asked.empty()) AskSource(call->options(), std::move(asked));
    return {hits.size(), joined};
  }

  void AskSource(const CallOptions& options, std::vector<Asked> asked) {
    std::vector<CompileRequest> requests;
    requests.reserve(asked.size());
    for (const Asked& one : asked) requests.push_back(one.wish.request());
    source_->Start(std::move(requests), options,
                   [self = shared_from_this(), asked = std::move(asked)](
                       const CompileResults& results) { self->Arrived(asked, results); });
  }

  void Arrived(const std::vector<Asked>& asked, const CompileResults& results) {
    std::vector<std::pair<Wish, const absl::StatusOr<Trampoline>*>> answers;
    std::map<std::shared_ptr<Call>, std::vector<size_t>> cut_short;
    {
      absl::MutexLock lock(&mutex_);
      for (size_t i = 0; i < asked.size(); ++i) {
        const auto& [asked_wish, flight] = asked[i];
        const std::string key = RequestKey(asked_wish.request());
        if (results[i].ok()) cache_.Add(asked_wish.request(), *results[i]);
        answers.emplace_back(asked_wish, &results[i]);
        for (Wish& wish : flight->joined()) {
          if (!IsCutShort(results[i].status()) || wish.call == asked_wish.call) {
            answers.emplace_back(std::move(wish), &results[i]);
          } else if (wish.call->IsOpen(wish.index)) {
            cut_short[wish.call].push_back(wish.index);
          }
        }
        const auto current = flights_.find(key);
        if (current != flights_.end() && current->second == flight) flights_.erase(current);
      }
    }
    for (const auto& [wish, result] : answers) wish.call->Answer(wish.index, *result);
    for (const auto& [call, indexes] : cut_short) AskWhatIsMissing(call, indexes);
  }

  const std::shared_ptr<TrampolineSource> source_;
  const std::shared_ptr<SourceStatistics> statistics_;
  absl::Mutex mutex_;
  TrampolineCache cache_;  // Added to with mutex_ held, and read without.
  // By their keys: of those under way, the one that is to be joined.
  std::unordered_map<std::string, std::shared_ptr<Flight>> flights_ ABSL_GUARDED_BY(mutex_);
};

CachedSource::CachedSource(std::shared_ptr<TrampolineSource> source, size_t max_bytes,
                           std::shared_ptr<SourceStatistics> statistics)
    : cache_(std::make_shared<Cache>(std::move(source), max_bytes, std::move(statistics))) {}

void CachedSource::Start(std::vector<CompileRequest> requests, const CallOptions& options,
                         CompileCallback done) {
  const absl::Status wanted = CheckWanted(options);
  if (!wanted.ok() || requests.empty()) {
    done(AllFailed(requests.size(), wanted));
    return;
  }
  std::vector<size_t> indexes(requests.size());
  for (size_t i = 0; i < indexes.size(); ++i) indexes[i] = i;
  const auto call = std::make_shared<Call>(std::move(requests), options, std::move(done));
  // What is called back may destroy this.
  const std::shared_ptr<Cache> cache = cache_;
  cache->Ask(call, indexes);
  if (call->IsOpen()) Call::Limit(call);
}

std::optional<Trampoline> CachedSource::FindKept(const CompileRequest& request) {
  return cache_->Find(request);
}

absl::StatusOr<Capabilities> CachedSource::GetCapabilities(const CallOptions& options) {
  return cache_->source().GetCapabilities(options);
}

}  // namespace springboard
