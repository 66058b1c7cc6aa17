// The verdict of a soak: that it can fail, and what it says then.

#include "tests/soak/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <vector>

namespace springboard {
namespace {

using testing::HasSubstr;

// Ten minutes of a server of 40 MB, whose memory goes up and down by 1 MB, and grows by `growth`
// from beginning to end.
SoakSamples Samples(double growth) {
  SoakSamples samples = {{30, 20, 10}, {}, {30, 20, 10}};
  constexpr int kCount = 2400;
  for (int i = 0; i < kCount; ++i) {
    const double grown = 40 * (1 + growth * i / kCount);
    samples.under_load.push_back({grown + std::sin(i), 30 + i % 3, 12 + i % 2});
  }
  return samples;
}

TEST(VerdictTest, AServerThatGoesUpAndDownIsSteady) { EXPECT_EQ(WhatGrew(Samples(0)), ""); }

TEST(VerdictTest, MemoryThatGrowsIsNamedFromWhatToWhat) {
  // The growth between the first quarter and the last is three quarters of it.
  EXPECT_EQ(WhatGrew(Samples(0.012)), "");
  EXPECT_THAT(WhatGrew(Samples(0.03)),
              testing::ContainsRegex("resident memory grew from 39.[0-9]+ MB to 40.[0-9]+ MB"));
  EXPECT_THAT(WhatGrew(Samples(0.03)), HasSubstr("%, of 1 % that it may\n"));
}

TEST(VerdictTest, OneLargeSampleIsNoGrowth) {
  SoakSamples samples = Samples(0);
  samples.under_load.back().resident_megabytes = 4000;
  EXPECT_EQ(WhatGrew(samples), "");
}

TEST(VerdictTest, MemoryThatShrinksIsNoGrowth) { EXPECT_EQ(WhatGrew(Samples(-0.1)), ""); }

TEST(VerdictTest, OneDescriptorOrThreeThreadsMoreAreGrowth) {
  SoakSamples samples = Samples(0);
  ++samples.after.descriptors;
  EXPECT_EQ(WhatGrew(samples), "descriptors grew from 20 before the load to 21 after it\n");
  samples.after.threads += 2;
  EXPECT_THAT(WhatGrew(samples), testing::Not(HasSubstr("threads")));
  ++samples.after.threads;
  EXPECT_THAT(WhatGrew(samples), HasSubstr("threads grew from 10 before the load to 13 after it"));
  samples.after = {30, 19, 9};
  EXPECT_EQ(WhatGrew(samples), "");
}

TEST(DriftTest, ShortSeriesDoNotFail) {
  EXPECT_EQ(DriftOf({}).relative(), 0);
  EXPECT_EQ(DriftOf({5}).relative(), 0);
  EXPECT_EQ(DriftOf({5, 10}).relative(), 1);
  EXPECT_EQ(DriftOf({0, 10}).relative(), 0);
}

TEST(ProcessSampleTest, SeesWhatThisProcessTakes) {
  const std::optional<ProcessSample> before = SampleProcess(getpid());
  ASSERT_TRUE(before.has_value());
  const std::vector<char> memory(64 << 20, 'x');
  const int fd = dup(STDOUT_FILENO);
  const std::optional<ProcessSample> after = SampleProcess(getpid());
  ASSERT_TRUE(after.has_value());
  EXPECT_NEAR(after->resident_megabytes - before->resident_megabytes, 64, 4) << memory.size();
  EXPECT_EQ(after->descriptors, before->descriptors + 1);
  EXPECT_EQ(after->threads, before->threads);
  close(fd);
}

TEST(ProcessSampleTest, AProcessThatIsGoneHasNothing) {
  EXPECT_FALSE(SampleProcess(-1).has_value());
}

}  // namespace
}  // namespace springboard
