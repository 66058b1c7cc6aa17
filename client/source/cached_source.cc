#include "client/source/cached_source.h"

#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
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

}  // namespace

class CachedSource::Cache : public std::enable_shared_from_this<CachedSource::Cache> {
 public:
  Cache(std::shared_ptr<TrampolineSource> source, size_t max_bytes,
        std::shared_ptr<SourceStatistics> statistics)
      : source_(std::move(source)), statistics_(std::move(statistics)), cache_(max_bytes) {}

  // Answers what is there, lets others wait for what is under way, and asks for the rest.
  void Ask(const std::shared_ptr<Call>& call, const std::vector<size_t>& indexes) {
    std::vector<std::pair<size_t, Trampoline>> hits;
    std::vector<Wish> asked;
    size_t joined = 0;
    {
      absl::MutexLock lock(&mutex_);
      for (const size_t index : indexes) {
        std::string key = CacheKey(call->requests()[index]);
        if (const Trampoline* const hit = cache_.Find(key)) {
          hits.emplace_back(index, *hit);
          continue;
        }
        const auto [flight, is_new] = waiting_.try_emplace(std::move(key));
        if (is_new) {
          asked.push_back({call, index});
        } else {
          flight->second.push_back({call, index});
          ++joined;
        }
      }
    }
    statistics_->Count(SourceEvent::kCacheHit, hits.size());
    statistics_->Count(SourceEvent::kCacheMiss, asked.size() + joined);
    statistics_->Count(SourceEvent::kJoined, joined);
    for (const auto& [index, trampoline] : hits) call->Answer(index, trampoline);
    if (!asked.empty()) AskSource(std::move(asked));
  }

  TrampolineSource& source() { return *source_; }

 private:
  // All of one call.
  void AskSource(std::vector<Wish> asked) {
    std::vector<CompileRequest> requests;
    requests.reserve(asked.size());
    for (const Wish& wish : asked) requests.push_back(wish.request());
    const CallOptions options = asked.front().call->options();
    source_->Start(std::move(requests), options,
                   [self = shared_from_this(), asked = std::move(asked)](
                       const CompileResults& results) { self->Arrived(asked, results); });
  }

  void Arrived(const std::vector<Wish>& asked, const CompileResults& results) {
    std::vector<std::pair<Wish, absl::StatusOr<Trampoline>>> answers;
    std::vector<Wish> cut_short;
    {
      absl::MutexLock lock(&mutex_);
      for (size_t i = 0; i < asked.size(); ++i) {
        const std::string key = CacheKey(asked[i].request());
        if (results[i].ok()) cache_.Add(key, *results[i]);
        const auto flight = waiting_.find(key);
        for (Wish& wish : flight->second) {
          if (IsCutShort(results[i].status()) && wish.call != asked[i].call) {
            cut_short.push_back(std::move(wish));
          } else {
            answers.emplace_back(std::move(wish), results[i]);
          }
        }
        waiting_.erase(flight);
      }
    }
    for (size_t i = 0; i < asked.size(); ++i) asked[i].call->Answer(asked[i].index, results[i]);
    for (const auto& [wish, result] : answers) wish.call->Answer(wish.index, result);
    for (const Wish& wish : cut_short) {
      if (wish.call->IsOpen(wish.index)) Ask(wish.call, {wish.index});
    }
  }

  const std::shared_ptr<TrampolineSource> source_;
  const std::shared_ptr<SourceStatistics> statistics_;
  absl::Mutex mutex_;
  TrampolineCache cache_ ABSL_GUARDED_BY(mutex_);
  // For each request that is under way, who else waits for it.
  std::unordered_map<std::string, std::vector<Wish>> waiting_ ABSL_GUARDED_BY(mutex_);
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
  cache_->Ask(call, indexes);
  if (call->IsOpen()) Call::Limit(call);
}

absl::StatusOr<Capabilities> CachedSource::GetCapabilities(const CallOptions& options) {
  return cache_->source().GetCapabilities(options);
}

}  // namespace springboard
