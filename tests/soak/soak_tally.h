#ifndef SPRINGBOARD_TESTS_SOAK_SOAK_TALLY_H_
#define SPRINGBOARD_TESTS_SOAK_SOAK_TALLY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "client/cli/latency_histogram.h"

namespace springboard {

enum class LoadKind : uint8_t { kUnary, kBatch, kBadRequest, kCancel, kReconnect };

inline constexpr std::array<const char*, 5> kLoadKindNames = {"unary", "batch", "bad request",
                                                              "cancel", "reconnect"};

// What became of load of all kinds.
struct SoakCounts {
  std::array<uint64_t, kLoadKindNames.size()> calls = {};
  uint64_t trampolines = 0;   // That were what this process compiles.
  uint64_t wrong = 0;         // Calls that did not end as they should have.
  uint64_t certificates = 0;  // How often connections saw a new one.
  uint64_t cut_short = 0;     // Of the cancelled calls, those that had no answer yet.
  std::string first_wrong;

  uint64_t all_calls() const {
    uint64_t all = 0;
    for (const uint64_t count : calls) all += count;
    return all;
  }
};

// Counts it. Thread-safe.
class SoakTally {
 public:
  // A call, whose answers were right: so many trampolines.
  void Add(LoadKind kind, uint64_t trampolines);
  void AddWrong(LoadKind kind, const std::string& what);
  // One that a connection saw. They come in turn, and connections of two threads may see them the
  // other way round: new is what is neither the last one nor the one before.
  void AddCertificate(const std::string& certificate);
  void AddCutShort();
  // Of a unary call.
  void AddLatency(absl::Duration latency);

  SoakCounts counts() const;
  // Of the unary calls since the last time.
  LatencyHistogram TakeLatencies();

 private:
  mutable absl::Mutex mutex_;
  SoakCounts counts_ ABSL_GUARDED_BY(mutex_);
  std::string certificate_ ABSL_GUARDED_BY(mutex_);  // The last.
  std::string certificate_before_ ABSL_GUARDED_BY(mutex_);
  LatencyHistogram latencies_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_SOAK_SOAK_TALLY_H_
