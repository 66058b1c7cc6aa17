#include "client/cli/latency_histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/numeric/bits.h"

namespace springboard {
namespace {

// Below 2^kBits each value has a bucket of its own; above, the kBits bits behind the first say
// which of its power's buckets a value is in.
constexpr size_t kBits = 6;
constexpr size_t kBucketsOfPower = size_t{1} << kBits;
constexpr size_t kBuckets = (63 - kBits + 1) * kBucketsOfPower;

size_t BucketOf(uint64_t value) {
  if (value < kBucketsOfPower) return value;
  const auto shift = static_cast<size_t>(absl::bit_width(value)) - 1 - kBits;
  return shift * kBucketsOfPower + (value >> shift);
}

// The least value that is not below the bucket; of the one behind the last, the largest there is.
int64_t BeginOf(size_t bucket) {
  if (bucket < kBucketsOfPower) return static_cast<int64_t>(bucket);
  if (bucket >= kBuckets) return std::numeric_limits<int64_t>::max();
  const size_t shift = bucket / kBucketsOfPower - 1;
  return static_cast<int64_t>((kBucketsOfPower + bucket % kBucketsOfPower) << shift);
}

}  // namespace

LatencyHistogram::LatencyHistogram() : counts_(kBuckets) {}

void LatencyHistogram::Add(absl::Duration latency) {
  const int64_t value = std::max<int64_t>(absl::ToInt64Nanoseconds(latency), 0);
  ++counts_[BucketOf(static_cast<uint64_t>(value))];
  ++count_;
  sum_ns_ += static_cast<double>(value);
  max_ns_ = std::max(max_ns_, value);
}

void LatencyHistogram::Add(const LatencyHistogram& other) {
  for (size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  sum_ns_ += other.sum_ns_;
  max_ns_ = std::max(max_ns_, other.max_ns_);
}

absl::Duration LatencyHistogram::mean() const {
  return count_ == 0 ? absl::ZeroDuration()
                     : absl::Nanoseconds(sum_ns_ / static_cast<double>(count_));
}

absl::Duration LatencyHistogram::Quantile(double part) const {
  const double wanted = std::ceil(part * static_cast<double>(count_));
  const auto rank = static_cast<uint64_t>(std::max(wanted, 1.0));
  uint64_t seen = 0;
  for (size_t i = 0; i < kBuckets && count_ > 0; ++i) {
    seen += counts_[i];
    if (seen >= rank) return absl::Nanoseconds(std::min(BeginOf(i + 1) - 1, max_ns_));
  }
  return max();
}

std::vector<LatencyHistogram::Row> LatencyHistogram::Rows(size_t max_rows) const {
  std::vector<Row> rows;
  if (count_ == 0) return rows;
  const auto is_used = [](uint64_t count) { return count > 0; };
  const auto used = std::find_if(counts_.begin(), counts_.end(), is_used);
  const auto first = static_cast<size_t>(used - counts_.begin());
  const size_t last = BucketOf(static_cast<uint64_t>(max_ns_));
  size_t together = 1;  // Buckets of a row: a power of two, so that rows keep to powers.
  while (last / together - first / together >= max_rows) together *= 2;
  for (size_t i = first / together; i <= last / together; ++i) {
    Row row = {absl::Nanoseconds(BeginOf(i * together)),
               absl::Nanoseconds(BeginOf((i + 1) * together)), 0};
    for (size_t j = i * together; j < std::min((i + 1) * together, kBuckets); ++j) {
      row.count += counts_[j];
    }
    rows.push_back(row);
  }
  return rows;
}

}  // namespace springboard
