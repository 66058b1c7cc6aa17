#include "tests/bench/turns.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"

namespace springboard {
namespace {

constexpr double kNotMeasured = std::numeric_limits<double>::quiet_NaN();

double TurnOf(const Way& way) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  way.run();
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count() / way.count;
}

void TakeTurns(benchmark::State& state, const std::vector<Way>& ways) {
  std::vector<Repetitions> turns(ways.size());
  size_t first = 0;
  for (auto _ : state) {
    for (size_t i = 0; i < ways.size(); ++i) {
      const size_t turn = (first + i) % ways.size();
      turns[turn].values.push_back(TurnOf(ways[turn]));
    }
    ++first;
  }
  for (size_t i = 0; i < ways.size(); ++i) state.counters[ways[i].name] = turns[i].Median();
}

const Repetitions* Find(const Measured& measured, const std::string& name, const std::string& way) {
  const auto found = measured.find(absl::StrCat(name, ":", way));
  return found == measured.end() ? nullptr : &found->second;
}

}  // namespace

void AddTurns(const std::string& name, std::vector<Way> ways) {
  benchmark::RegisterBenchmark(
      name.c_str(), [ways = std::move(ways)](benchmark::State& state) { TakeTurns(state, ways); });
}

double NanosecondsOf(const Measured& measured, const std::string& name, const std::string& way) {
  const Repetitions* const found = Find(measured, name, way);
  return found == nullptr ? kNotMeasured : found->Median();
}

double RatioOf(const Measured& measured, const std::string& name, const std::string& way,
               const std::string& control) {
  const Repetitions* const ours = Find(measured, name, way);
  const Repetitions* const theirs = Find(measured, name, control);
  if (ours == nullptr || theirs == nullptr) return kNotMeasured;
  Repetitions ratios;
  for (size_t i = 0; i < std::min(ours->values.size(), theirs->values.size()); ++i) {
    ratios.values.push_back(ours->values[i] / theirs->values[i]);
  }
  return ratios.Median();
}

}  // namespace springboard
