#include "tests/support/svg_chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/subprocess.h"

namespace springboard {
namespace {

using testing::HasSubstr;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

void ExpectWellFormed(const std::string& svg) {
  const ProcessResult result = RunProgram({"/usr/bin/xmllint", "--noout", "-"}, svg);
  EXPECT_EQ(result.exit_code, 0) << "tools/install_packages test; " << result.err << svg;
  EXPECT_THAT(svg, testing::Not(HasSubstr("nan")));
  EXPECT_THAT(svg, testing::Not(HasSubstr("inf")));
}

Chart OneLine(std::vector<std::pair<double, double>> points) {
  return {"A title", "time (s)", {{"Memory", "MB", {{"server", std::move(points)}}}}};
}

// The numbers of the one line's path, and whether each begins a part of it.
std::vector<std::pair<double, double>> Points(const std::string& svg) {
  std::vector<std::pair<double, double>> points;
  std::smatch match;
  // That of the legend is relative: it has an h.
  const std::regex path("d=\"([ML0-9. -]+)\"");
  if (!std::regex_search(svg, match, path)) return points;
  const std::string text = match[1];
  const std::regex point("[ML]([0-9.-]+) ([0-9.-]+)");
  for (std::sregex_iterator i(text.begin(), text.end(), point), end; i != end; ++i) {
    points.emplace_back(std::stod((*i)[1]), std::stod((*i)[2]));
  }
  return points;
}

TEST(SvgChartTest, PointsAreWhereTheyBelong) {
  const std::string svg = ToSvg(OneLine({{0, 0}, {5, 50}, {10, 100}}));
  ExpectWellFormed(svg);
  const auto points = Points(svg);
  ASSERT_EQ(points.size(), 3u) << svg;
  // Left to right over the panel, and up from its bottom to its top.
  EXPECT_DOUBLE_EQ(points[0].first, 80);
  EXPECT_DOUBLE_EQ(points[2].first, 880);
  EXPECT_DOUBLE_EQ(points[1].first, 480);
  EXPECT_DOUBLE_EQ(points[0].second - points[2].second, 150);
  EXPECT_DOUBLE_EQ(points[1].second, (points[0].second + points[2].second) / 2);
  for (const char* const label : {">0<", ">20<", ">100<", ">10<", ">time (s)<", ">Memory (MB)<",
                                  ">server<", ">A title<", "prefers-color-scheme: dark"}) {
    EXPECT_THAT(svg, HasSubstr(label));
  }
}

TEST(SvgChartTest, TicksHaveTheDigitsThatTellThemApart) {
  Chart chart = OneLine({{0, 1.001}, {1, 1.004}});
  chart.panels[0].y_from_zero = false;
  const std::string svg = ToSvg(chart);
  for (const char* const label : {">1.001<", ">1.002<", ">1.004<", ">0.2<"}) {
    EXPECT_THAT(svg, HasSubstr(label));
  }
  EXPECT_THAT(ToSvg(OneLine({{0, 0}, {1, 3e9}})), HasSubstr(">3e+09<"));
  EXPECT_THAT(ToSvg(OneLine({{-1, -5}, {1, 5}})), testing::Not(HasSubstr(">-0<")));
}

TEST(SvgChartTest, EveryPanelAndSeriesIsDrawn) {
  Chart chart = OneLine({{0, 1}, {1, 2}});
  chart.panels.push_back({"Latency", "", {{"p50", {{0, 1}, {1, 1}}}, {"p99", {{0, 9}, {1, 3}}}}});
  const std::string svg = ToSvg(chart);
  ExpectWellFormed(svg);
  for (const char* const text : {">Latency<", ">p50<", ">p99<"}) EXPECT_THAT(svg, HasSubstr(text));
  const std::regex line("class=\"line c");
  const auto count = std::distance(std::sregex_iterator(svg.begin(), svg.end(), line), {});
  EXPECT_EQ(count, 6) << "a line and its sample in the legend, for each series";
}

TEST(SvgChartTest, WhatIsNotFiniteIsAGap) {
  const std::string svg =
      ToSvg(OneLine({{0, 1}, {1, 2}, {2, kNan}, {3, 3}, {4, 4}, {5, kInfinity}}));
  ExpectWellFormed(svg);
  EXPECT_EQ(Points(svg).size(), 4u);
  EXPECT_THAT(svg, testing::ContainsRegex("d=\"M[^M\"]*L[^M\"]*M[^M\"]*L[^ML\"]*\""));
}

TEST(SvgChartTest, ChartsOfNothingAreWellFormed) {
  ExpectWellFormed(ToSvg({}));
  ExpectWellFormed(ToSvg({"t", "x", {{"p", "", {}}}}));
  ExpectWellFormed(ToSvg(OneLine({})));
  ExpectWellFormed(ToSvg(OneLine({{kNan, kNan}, {kInfinity, 1}})));
  ExpectWellFormed(ToSvg(OneLine({{1, 7}})));
  ExpectWellFormed(ToSvg(OneLine({{1, 0}, {1, 0}})));
  ExpectWellFormed(ToSvg(OneLine({{-1e300, -1e300}, {1e300, 1e300}})));
  ExpectWellFormed(ToSvg(OneLine({{0, 1e-300}, {1, 2e-300}})));
}

TEST(SvgChartTest, TextIsEscaped) {
  Chart chart = OneLine({{0, 1}});
  chart.title = "a <b> & \"c\" \x01";
  chart.panels[0].series[0].name = "<script>";
  const std::string svg = ToSvg(chart);
  ExpectWellFormed(svg);
  EXPECT_THAT(svg, HasSubstr("a &lt;b&gt; &amp; &quot;c&quot; "));
}

}  // namespace
}  // namespace springboard
