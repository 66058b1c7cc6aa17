#include "client/source/circuit_breaker_source.h"

#include <algorithm>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "client/log.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

// Less than this is too short to blame the source for, once or a few times.
constexpr absl::Duration kFairTime = absl::Milliseconds(100);
constexpr int kMaxUnfairFailures = 5;

enum class Verdict : uint8_t { kWorks, kFails, kFailsUnfairly, kNone };

Verdict VerdictOf(const CompileResults& results, absl::Duration time_given) {
  Verdict verdict = Verdict::kNone;
  for (const absl::StatusOr<Trampoline>& result : results) {
    const absl::StatusCode code = result.status().code();
    if (code == absl::StatusCode::kOk || code == absl::StatusCode::kInvalidArgument) {
      return Verdict::kWorks;
    }
    if (code == absl::StatusCode::kCancelled) continue;
    const bool is_unfair = code == absl::StatusCode::kDeadlineExceeded && time_given < kFairTime;
    if (verdict != Verdict::kFails) verdict = is_unfair ? Verdict::kFailsUnfairly : Verdict::kFails;
  }
  return verdict;
}

}  // namespace

// Closed, while calls pass; open, until a time; and then open until one call has tried.
class CircuitBreakerSource::Circuit {
 public:
  Circuit(const BackoffOptions& backoff, std::shared_ptr<SourceStatistics> statistics)
      : backoff_(backoff), statistics_(std::move(statistics)) {}

  // Whether a call until `deadline` may pass, and is the one that tries; it must then tell its
  // verdict, until its deadline.
  absl::StatusOr<bool> Admit(absl::Time deadline) {
    absl::MutexLock lock(&mutex_);
    if (failures_ == 0) return false;
    const absl::Time now = absl::Now();
    // A try that has not ended long after its deadline was lost, for want of memory.
    if (now >= next_try_ && (!is_trying_ || now > try_ends_ + kGrace)) {
      is_trying_ = true;
      try_ends_ = deadline;
      return true;
    }
    const absl::Duration left = std::max(next_try_ - now, absl::ZeroDuration());
    return MakeError(
        absl::StatusCode::kUnavailable, reason::kCircuitOpen, "",
        absl::StrCat("not asked, since it failed ", failures_, " times; the next try is in ",
                     absl::ToInt64Milliseconds(left), " ms; the last error: ", last_error_));
  }

  void Tell(bool was_trying, Verdict verdict, const CompileResults& results) {
    std::string warning;
    {
      absl::MutexLock lock(&mutex_);
      if (was_trying) is_trying_ = false;
      if (verdict == Verdict::kNone) return;
      if (verdict == Verdict::kFailsUnfairly && failures_ == 0 &&
          ++unfair_failures_ < kMaxUnfairFailures) {
        return;
      }
      unfair_failures_ = 0;
      if (verdict == Verdict::kWorks) {
        if (failures_ > 0) warning = "the server works again";
        failures_ = 0;
      } else {
        // Calls that passed before the circuit opened tell nothing new.
        const absl::Time now = absl::Now();
        if (failures_ > 0 && !was_trying) return;
        ++failures_;
        // A server may say how long.
        const absl::Duration told =
            GetRetryDelay(results.back().status()).value_or(absl::ZeroDuration());
        next_try_ = now + std::max(Backoff(), std::min(told, backoff_.max));
        last_error_ = results.back().status().ToString();
        if (failures_ == 1)
          warning = absl::StrCat("the server is left alone for a while: ", last_error_);
        statistics_->Count(SourceEvent::kCircuitOpened);
      }
    }
    if (!warning.empty()) LogWarning(warning);
  }

 private:
  static constexpr absl::Duration kGrace = absl::Seconds(5);

  absl::Duration Backoff() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    absl::Duration duration = backoff_.initial;
    for (uint32_t i = 1; i < failures_ && duration < backoff_.max; ++i) {
      duration *= backoff_.multiplier;
    }
    duration = std::min(duration, backoff_.max);
    return duration * absl::Uniform(random_, 1 - backoff_.jitter, 1 + backoff_.jitter);
  }

  const BackoffOptions backoff_;
  const std::shared_ptr<SourceStatistics> statistics_;
  absl::Mutex mutex_;
  absl::BitGen random_ ABSL_GUARDED_BY(mutex_);
  uint32_t failures_ ABSL_GUARDED_BY(mutex_) = 0;  // Since it last worked.
  absl::Time next_try_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  bool is_trying_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time try_ends_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  int unfair_failures_ ABSL_GUARDED_BY(mutex_) = 0;  // In a row.
  std::string last_error_ ABSL_GUARDED_BY(mutex_);
};

CircuitBreakerSource::CircuitBreakerSource(std::shared_ptr<TrampolineSource> source,
                                           const BackoffOptions& backoff,
                                           std::shared_ptr<SourceStatistics> statistics)
    : source_(std::move(source)),
      circuit_(std::make_shared<Circuit>(backoff, std::move(statistics))) {}

void CircuitBreakerSource::Start(std::vector<CompileRequest> requests, const CallOptions& options,
                                 CompileCallback done) {
  const absl::StatusOr<bool> admitted = circuit_->Admit(options.deadline);
  if (!admitted.ok()) {
    done(AllFailed(requests.size(), admitted.status()));
    return;
  }
  const absl::Duration time_given = options.deadline - absl::Now();
  source_->Start(std::move(requests), options,
                 [circuit = circuit_, is_trying = *admitted, time_given,
                  done = std::move(done)](CompileResults results) {
                   circuit->Tell(is_trying, VerdictOf(results, time_given), results);
                   done(std::move(results));
                 });
}

absl::StatusOr<Capabilities> CircuitBreakerSource::GetCapabilities(const CallOptions& options) {
  return source_->GetCapabilities(options);
}

}  // namespace springboard
