// The reading of expressions and of metrics, on which metrics_test stands.

#include "tests/deploy/promql.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace springboard {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

TEST(PromqlTest, FindsMetricsAndTheirLabels) {
  const PromqlNames names = NamesIn("rate(calls_total{code=~\"A|B\", method!='x'}[5m]) > 0.1");
  EXPECT_THAT(names.metrics, ElementsAre(Pair("calls_total", ElementsAre("code", "method"))));
  EXPECT_THAT(names.groupings, IsEmpty());
}

TEST(PromqlTest, TakesFunctionsAndKeywordsForNoMetrics) {
  const PromqlNames names = NamesIn(
      "sum by (job, le) (a) / on (instance) group_left () max without(pod)(b offset 1h) "
      "and c unless d or 1e-3 * time() == bool 2 # not e\n");
  EXPECT_THAT(names.metrics, UnorderedElementsAre(Pair("a", IsEmpty()), Pair("b", IsEmpty()),
                                                  Pair("c", IsEmpty()), Pair("d", IsEmpty())));
  EXPECT_THAT(names.groupings, ElementsAre("instance", "job", "le", "pod"));
}

TEST(PromqlTest, AnAggregationMayHaveItsLabelsBehind) {
  const PromqlNames names = NamesIn("sum(a) by (job)");
  EXPECT_THAT(names.metrics, ElementsAre(Pair("a", IsEmpty())));
  EXPECT_THAT(names.groupings, ElementsAre("job"));
}

TEST(PromqlTest, StringsHoldNoNames) {
  const PromqlNames names = NamesIn(R"(a{b="c{d=\"e\"}", f=`\`} + g["x"])");
  EXPECT_THAT(names.metrics, ElementsAre(Pair("a", ElementsAre("b", "f")), Pair("g", IsEmpty())));
}

TEST(PromqlTest, GrafanasVariablesAreNoMetrics) {
  const PromqlNames names = NamesIn("rate(a{job=~\"$job\"}[$__rate_interval])");
  EXPECT_THAT(names.metrics, ElementsAre(Pair("a", ElementsAre("job"))));
}

TEST(PromqlTest, RulesHaveColons) {
  EXPECT_THAT(NamesIn("job:calls:rate5m{\n  code=\"OK\"\n}").metrics,
              ElementsAre(Pair("job:calls:rate5m", ElementsAre("code"))));
}

TEST(PromqlTest, ASelectorWithoutANameIsSeen) {
  EXPECT_THAT(NamesIn("{job=\"x\"}").metrics, ElementsAre(Pair("", ElementsAre("job"))));
}

TEST(ExpositionTest, HasEverySampleWithItsLabels) {
  EXPECT_THAT(
      ParseExposition("# HELP a_seconds With a {brace=\"\"}.\n"
                      "# TYPE a_seconds histogram\n"
                      "a_seconds_bucket{method=\"x\",le=\"0.1\"} 1\n"
                      "a_seconds_bucket{method=\"y\",code=\"quote \\\" and } \",le=\"1\"} 1\n"
                      "a_seconds_sum{method=\"x\"} 0.5\n"
                      "b 1\n"
                      "\n"),
      ElementsAre(Pair("a_seconds_bucket", ElementsAre("code", "le", "method")),
                  Pair("a_seconds_sum", ElementsAre("method")), Pair("b", IsEmpty())));
}

}  // namespace
}  // namespace springboard
