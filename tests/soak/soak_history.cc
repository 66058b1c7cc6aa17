#include "tests/soak/soak_history.h"

#include <algorithm>
#include <cstddef>

#include "tests/support/svg_chart.h"

namespace springboard {
namespace {

// More than that nobody can see.
constexpr size_t kMaxPoints = 1500;

template <typename Entry, typename Value>
Chart::Series MakeSeries(const std::string& name, const std::vector<Entry>& entries,
                         const Value& value) {
  Chart::Series series = {name, {}};
  const size_t stride = entries.size() / kMaxPoints + 1;
  for (size_t i = 0; i < entries.size(); i += stride) {
    series.points.emplace_back(entries[i].seconds, value(entries[i]));
  }
  return series;
}

}  // namespace

std::string SoakChart(const SoakHistory& history, const std::string& title) {
  using Process = SoakHistory::Process;
  using Latency = SoakHistory::Latency;
  const auto& process = history.process;
  const auto& latencies = history.latencies;
  return ToSvg(
      {title,
       "time (s)",
       {{"Resident memory",
         "MB",
         {MakeSeries("server", process,
                     [](const Process& at) { return at.sample.resident_megabytes; })}},
        {"Descriptors",
         "",
         {MakeSeries("server", process, [](const Process& at) { return at.sample.descriptors; })}},
        {"Threads",
         "",
         {MakeSeries("server", process, [](const Process& at) { return at.sample.threads; })}},
        {"Latency of unary calls",
         "ms",
         {MakeSeries("p50", latencies, [](const Latency& at) { return at.p50_ms; }),
          MakeSeries("p99", latencies, [](const Latency& at) { return at.p99_ms; })}}}});
}

}  // namespace springboard
