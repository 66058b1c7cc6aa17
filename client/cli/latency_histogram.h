#ifndef SPRINGBOARD_CLIENT_CLI_LATENCY_HISTOGRAM_H_
#define SPRINGBOARD_CLIENT_CLI_LATENCY_HISTOGRAM_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"

namespace springboard {

// Counts latencies, in nanoseconds, in buckets: 64 of equal width between a power of two and the
// next. So quantiles are at most 1/64 (1.6 %) too long, whatever the latencies are, in 30 KB.
// Thread-compatible.
class LatencyHistogram {
 public:
  LatencyHistogram();

  // One below zero counts as zero.
  void Add(absl::Duration latency);
  void Add(const LatencyHistogram& other);

  uint64_t count() const { return count_; }

  // Exact; zero where there are none.
  absl::Duration max() const { return absl::Nanoseconds(max_ns_); }
  absl::Duration mean() const;

  // What the given part of all, 0 to 1, did not exceed; zero where there are none.
  absl::Duration Quantile(double part) const;

  // Latencies in [from, to).
  struct Row {
    absl::Duration from;
    absl::Duration to;
    uint64_t count;
  };

  // All, in at most so many rows, at least one, that follow each other; nothing where there are
  // none. The count of each is exact.
  std::vector<Row> Rows(size_t max_rows) const;

 private:
  std::vector<uint64_t> counts_;  // By bucket.
  uint64_t count_ = 0;
  double sum_ns_ = 0;
  int64_t max_ns_ = 0;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_CLI_LATENCY_HISTOGRAM_H_
