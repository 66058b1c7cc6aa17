// The verdict of a soak: that it can fail, and what it says then.

#include "tests/soak/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <vector>

namespace springboard {
namespace {

using testing::HasSubstr;

// A server of 40 MB that grows by so much.
SoakSamples Samples(double growth) { return {{40, 20, 10}, {40 * (1 + growth), 20, 10}}; }

TEST(VerdictTest, AServerThatGrowsByLessThanOnePercentIsSteady) {
  EXPECT_EQ(WhatGrew(Samples(0)), "");
  EXPECT_EQ(WhatGrew(Samples(0.009)), "");
}

TEST(VerdictTest, MemoryThatGrowsIsNamedFromWhatToWhat) {
  EXPECT_EQ(WhatGrew(Samples(0.02)),
            "resident memory grew from 40.00 MB before the load to 40.80 MB after it: 2.00 %, of 1 "
            "% that it may\n");
}

TEST(VerdictTest, MemoryThatShrinksIsNoGrowth) { EXPECT_EQ(WhatGrew(Samples(-0.1)), ""); }

TEST(VerdictTest, AServerWithoutMemoryHasNoDrift) {
  EXPECT_EQ(MemoryDrift({{0, 20, 10}, {40, 20, 10}}), 0);
}

TEST(VerdictTest, OneDescriptorOrThreeThreadsMoreAreGrowth) {
  SoakSamples samples = Samples(0);
  ++samples.after.descriptors;
  EXPECT_EQ(WhatGrew(samples), "descriptors grew from 20 before the load to 21 after it\n");
  samples.after.threads += 2;
  EXPECT_THAT(WhatGrew(samples), testing::Not(HasSubstr("threads")));
  ++samples.after.threads;
  EXPECT_THAT(WhatGrew(samples), HasSubstr("threads grew from 10 before the load to 13 after it"));
  samples.after = {40, 19, 9};
  EXPECT_EQ(WhatGrew(samples), "");
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
