#include "client/cli/latency_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace springboard {
namespace {

TEST(LatencyHistogramTest, NothingWasCounted) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.max(), absl::ZeroDuration());
  EXPECT_EQ(histogram.mean(), absl::ZeroDuration());
  EXPECT_EQ(histogram.Quantile(0.99), absl::ZeroDuration());
  EXPECT_TRUE(histogram.Rows(10).empty());
}

TEST(LatencyHistogramTest, ShortOnesAreExact) {
  LatencyHistogram histogram;
  for (int ns = 0; ns < 128; ++ns) histogram.Add(absl::Nanoseconds(ns));
  for (int ns = 1; ns <= 128; ++ns) {
    EXPECT_EQ(histogram.Quantile(ns / 128.0), absl::Nanoseconds(ns - 1));
  }
  EXPECT_EQ(histogram.mean(), absl::Nanoseconds(63.5));
}

// Of the sorted values, which are the truth.
TEST(LatencyHistogramTest, QuantilesAreTooLongByA64thAtMost) {
  std::mt19937_64 random(/*seed=*/5);
  LatencyHistogram histogram;
  std::vector<int64_t> values;
  for (int i = 0; i < 20000; ++i) {
    // Every size that there is.
    values.push_back(static_cast<int64_t>(random() >> (1 + random() % 63)));
    histogram.Add(absl::Nanoseconds(values.back()));
  }
  std::sort(values.begin(), values.end());
  for (const double part : {0.0, 0.001, 0.1, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const double rank = std::max(std::ceil(part * static_cast<double>(values.size())), 1.0);
    const auto truth = static_cast<double>(values[static_cast<size_t>(rank) - 1]);
    const double got = absl::FDivDuration(histogram.Quantile(part), absl::Nanoseconds(1));
    EXPECT_GE(got, truth) << part;
    EXPECT_LE(got, truth * (1 + 1.0 / 64)) << part;
  }
  EXPECT_EQ(histogram.max(), absl::Nanoseconds(values.back()));
}

TEST(LatencyHistogramTest, WhatIsOutOfRangeIsCountedAtItsEnd) {
  LatencyHistogram histogram;
  histogram.Add(-absl::Seconds(1));
  EXPECT_EQ(histogram.Quantile(1), absl::ZeroDuration());
  histogram.Add(absl::InfiniteDuration());
  EXPECT_EQ(histogram.count(), 2u);
  EXPECT_GT(histogram.max(), absl::Hours(24));
  EXPECT_EQ(histogram.Rows(1)[0].count, 2u);
}

TEST(LatencyHistogramTest, TwoTogetherAreAsIfOneHadCountedAll) {
  LatencyHistogram both;
  LatencyHistogram first;
  LatencyHistogram second;
  for (int i = 1; i < 1000; ++i) {
    const absl::Duration latency = absl::Microseconds(i * i);
    both.Add(latency);
    (i % 3 == 0 ? first : second).Add(latency);
  }
  first.Add(second);
  EXPECT_EQ(first.count(), both.count());
  EXPECT_EQ(first.max(), both.max());
  EXPECT_EQ(first.mean(), both.mean());
  for (const double part : {0.1, 0.5, 0.9, 0.99}) {
    EXPECT_EQ(first.Quantile(part), both.Quantile(part));
  }
}

TEST(LatencyHistogramTest, RowsFollowEachOtherAndHaveAll) {
  LatencyHistogram histogram;
  for (int i = 0; i < 5000; ++i) histogram.Add(absl::Microseconds(100 + i));
  for (const size_t max_rows : {1, 2, 10, 16, 1000}) {
    const std::vector<LatencyHistogram::Row> rows = histogram.Rows(max_rows);
    ASSERT_FALSE(rows.empty());
    EXPECT_LE(rows.size(), max_rows);
    EXPECT_LE(rows.front().from, absl::Microseconds(100));
    EXPECT_GT(rows.back().to, absl::Microseconds(5099));
    uint64_t count = 0;
    for (size_t i = 0; i < rows.size(); ++i) {
      EXPECT_LT(rows[i].from, rows[i].to);
      EXPECT_EQ(rows[i].from, i == 0 ? rows[0].from : rows[i - 1].to);
      count += rows[i].count;
    }
    EXPECT_EQ(count, histogram.count());
  }
}

}  // namespace
}  // namespace springboard
