#include "tests/bench/measured.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

namespace springboard {
namespace {

double Quantile(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  const double place = part * static_cast<double>(values.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
}

// Collects, and shows that something happens.
class Collector : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context& /*context*/) override { return true; }

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.error_occurred) {
        std::cerr << run.benchmark_name() << ": " << run.error_message << "\n";
        has_failed_ = true;
        continue;
      }
      if (run.run_type != Run::RT_Iteration) continue;
      const std::string& name = run.run_name.function_name;
      const bool is_real = !run.run_name.time_type.empty();
      // In the benchmark's own unit.
      const double unit = benchmark::GetTimeUnitMultiplier(run.time_unit);
      const double time = is_real ? run.GetAdjustedRealTime() : run.GetAdjustedCPUTime();
      measured_[name].values.push_back(time / unit * 1e9);
      for (const auto& [counter, value] : run.counters) {
        measured_[absl::StrCat(name, ":", counter)].values.push_back(value.value);
      }
    }
  }

  const Measured& measured() const { return measured_; }
  bool has_failed() const { return has_failed_; }

 private:
  Measured measured_;
  bool has_failed_ = false;
};

nlohmann::ordered_json ToJson(const Measured& measured, const Findings& findings) {
  nlohmann::ordered_json json = {{"figures", nlohmann::ordered_json::array()},
                                 {"measured", nlohmann::ordered_json::array()},
                                 {"charts", nlohmann::ordered_json::array()},
                                 {"notes", findings.notes}};
  for (const Figure& figure : findings.figures) {
    nlohmann::ordered_json row = {{"name", figure.name}, {"value", figure.value}};
    if (figure.goal != Goal::kNone) {
      row[figure.goal == Goal::kAtMost ? "at_most" : "at_least"] = figure.limit;
    }
    json["figures"].push_back(std::move(row));
  }
  for (const auto& [name, repetitions] : measured) {
    json["measured"].push_back({{"name", name},
                                {"median", repetitions.Median()},
                                {"spread", repetitions.Spread()},
                                {"repetitions", repetitions.values.size()}});
  }
  for (const Chart& chart : findings.charts) {
    nlohmann::ordered_json lines = nlohmann::ordered_json::array();
    for (const Line& line : chart.lines) {
      lines.push_back({{"name", line.name}, {"x", line.x}, {"y", line.y}});
    }
    json["charts"].push_back({{"name", chart.name},
                              {"title", chart.title},
                              {"x_name", chart.x_name},
                              {"y_name", chart.y_name},
                              {"is_logarithmic", chart.is_logarithmic},
                              {"bars", chart.bars},
                              {"lines", lines}});
  }
  return json;
}

void Print(const Measured& measured, const Findings& findings) {
  for (const auto& [name, repetitions] : measured) {
    std::cout << absl::StreamFormat("%-56s %14.1f  +-%4.1f %%\n", name, repetitions.Median(),
                                    50 * repetitions.Spread());
  }
  for (const Figure& figure : findings.figures) {
    std::cout << absl::StreamFormat("%-56s %14.3f", figure.name, figure.value);
    if (figure.goal != Goal::kNone) {
      const bool is_met = figure.goal == Goal::kAtMost ? figure.value <= figure.limit
                                                       : figure.value >= figure.limit;
      std::cout << absl::StreamFormat("  %s %g: %s",
                                      figure.goal == Goal::kAtMost ? "at most" : "at least",
                                      figure.limit, is_met ? "met" : "MISSED");
    }
    std::cout << "\n";
  }
  for (const std::string& note : findings.notes) std::cout << "note: " << note << "\n";
}

}  // namespace

double Repetitions::Median() const { return values.empty() ? 0 : Quantile(values, 0.5); }

double Repetitions::Spread() const {
  const double median = Median();
  return median == 0 ? 0 : (Quantile(values, 0.75) - Quantile(values, 0.25)) / median;
}

double FitExponent(const std::vector<double>& x, const std::vector<double>& y) {
  double sum_x = 0;
  double sum_y = 0;
  double sum_xx = 0;
  double sum_xy = 0;
  const auto count = static_cast<double>(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    const double log_x = std::log(x[i]);
    const double log_y = std::log(y[i]);
    sum_x += log_x;
    sum_y += log_y;
    sum_xx += log_x * log_x;
    sum_xy += log_x * log_y;
  }
  return (count * sum_xy - sum_x * sum_y) / (count * sum_xx - sum_x * sum_x);
}

int BenchMain(int argc, char** argv, const std::function<void(const BenchOptions&)>& add,
              const std::function<Findings(const Measured&, const BenchOptions&)>& find) {
  BenchOptions options;
  std::string json_path;
  // Ours are taken out; what stands later on the command line wins over these.
  std::vector<std::string> arguments = {argv[0], "--benchmark_enable_random_interleaving=true"};
  for (int i = 1; i < argc; ++i) options.is_quick |= std::string(argv[i]) == "--quick";
  arguments.push_back(absl::StrCat("--benchmark_repetitions=", options.is_quick ? "3" : "11"));
  arguments.push_back(absl::StrCat("--benchmark_min_time=", options.is_quick ? "0.01" : "0.1"));
  for (int i = 1; i < argc; ++i) {
    absl::string_view argument = argv[i];
    if (argument == "--quick") continue;
    if (absl::ConsumePrefix(&argument, "--json=")) {
      json_path = std::string(argument);
    } else {
      arguments.emplace_back(argv[i]);
    }
  }
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  int count = static_cast<int>(pointers.size());
  benchmark::Initialize(&count, pointers.data());
  if (benchmark::ReportUnrecognizedArguments(count, pointers.data())) return 2;
  Collector collector;
  if (add) {
    add(options);
    benchmark::RunSpecifiedBenchmarks(&collector);
  }
  if (collector.has_failed()) return 1;
  const Findings findings = find(collector.measured(), options);
  Print(collector.measured(), findings);
  if (json_path.empty()) return 0;
  std::ofstream file(json_path, std::ios::trunc);
  file << ToJson(collector.measured(), findings).dump(2) << "\n";
  if (file.flush()) return 0;
  std::cerr << "cannot write " << json_path << "\n";
  return 1;
}

}  // namespace springboard
