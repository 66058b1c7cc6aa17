#include "client/source/source_statistics.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "absl/time/clock.h"
#include "compiler/error_details.h"

namespace springboard {

bool IsMiss(const absl::Status& status) {
  if (status.code() != absl::StatusCode::kNotFound) return false;
  const std::optional<ErrorDetails> details = GetErrorDetails(status);
  return details.has_value() && details->reason == reason::kNotInPack;
}

void SourceStatistics::Count(SourceEvent event, uint64_t times) {
  if (times == 0) return;
  events_[ThreadSlot()].counts[static_cast<size_t>(event)].fetch_add(times,
                                                                     std::memory_order_relaxed);
}

void SourceStatistics::CountAnswers(absl::string_view origin, const CompileResults& results) {
  absl::MutexLock lock(&mutex_);
  auto counts = std::find_if(counts_.origins.begin(), counts_.origins.end(),
                             [origin](const auto& one) { return one.name == origin; });
  if (counts == counts_.origins.end()) {
    counts_.origins.push_back({std::string(origin)});
    counts = std::prev(counts_.origins.end());
  }
  for (const absl::StatusOr<Trampoline>& result : results) {
    if (result.ok()) {
      ++counts->trampolines;
      continue;
    }
    if (IsMiss(result.status())) {
      ++counts->misses;
      continue;
    }
    ++counts->errors;
    counts_.last_error = result.status();
    counts_.last_error_time = absl::Now();
  }
}

SourceCounts SourceStatistics::Get() const {
  absl::MutexLock lock(&mutex_);
  SourceCounts counts = counts_;
  const auto count = [this](SourceEvent event) {
    uint64_t sum = 0;
    for (const Events& events : events_) {
      sum += events.counts[static_cast<size_t>(event)].load(std::memory_order_relaxed);
    }
    return sum;
  };
  counts.cache_hits = count(SourceEvent::kCacheHit);
  counts.cache_misses = count(SourceEvent::kCacheMiss);
  counts.joined = count(SourceEvent::kJoined);
  counts.rejected = count(SourceEvent::kRejected);
  counts.fallbacks = count(SourceEvent::kFallback);
  counts.circuit_openings = count(SourceEvent::kCircuitOpened);
  return counts;
}

}  // namespace springboard
