#ifndef SPRINGBOARD_CLIENT_SOURCE_SOURCE_STATISTICS_H_
#define SPRINGBOARD_CLIENT_SOURCE_SOURCE_STATISTICS_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "client/source/thread_slot.h"
#include "client/source/trampoline_source.h"

namespace springboard {

// What sources that were put together have done so far.
struct SourceCounts {
  // Of one that others stand on: "server", "in process", "pack".
  struct Origin {
    std::string name;
    uint64_t trampolines = 0;
    uint64_t misses = 0;  // Requests for what a pack does not have.
    uint64_t errors = 0;  // Other requests that it did not answer with a trampoline.
  };
  std::vector<Origin> origins;

  uint64_t cache_hits = 0;
  uint64_t cache_misses = 0;
  uint64_t joined = 0;            // Misses that waited for another call's request.
  uint64_t rejected = 0;          // Trampolines that were not proven, or not what was asked for.
  uint64_t fallbacks = 0;         // Requests that another source was asked for after an error.
  uint64_t circuit_openings = 0;  // Times that a source was given up for a while.

  absl::Status last_error;  // Of an origin; OK if there was none.
  absl::Time last_error_time = absl::InfinitePast();
};

enum class SourceEvent : uint8_t {
  kCacheHit,
  kCacheMiss,
  kJoined,
  kRejected,
  kFallback,
  kCircuitOpened,
};

// The source works, and has no such trampoline.
bool IsMiss(const absl::Status& status);

// Counts it. Thread-safe.
class SourceStatistics {
 public:
  void Count(SourceEvent event, uint64_t times = 1);
  void CountAnswers(absl::string_view origin, const CompileResults& results);
  SourceCounts Get() const;

 private:
  // Of one thread, or of those that share its slot; by SourceEvent.
  struct alignas(kThreadSlotAlignment) Events {
    std::array<std::atomic<uint64_t>, 6> counts = {};
  };

  std::array<Events, kThreadSlots> events_;
  mutable absl::Mutex mutex_;
  SourceCounts counts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_SOURCE_SOURCE_STATISTICS_H_
