// What a hit of the client's cache takes, and how hits of many threads get on beside each other.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/source/cached_source.h"
#include "client/source/in_process_source.h"
#include "tests/bench/measured.h"

namespace springboard {
namespace {

constexpr int kThreads[] = {1, 2, 4, 8};

// As many as a process usually has.
std::vector<CompileRequest> Requests() {
  std::vector<CompileRequest> requests;
  for (size_t a = 1; a < kNativeTypes.size(); ++a) {
    for (size_t b = 1; b < kNativeTypes.size(); ++b) {
      const NativeType types[] = {static_cast<NativeType>(a), static_cast<NativeType>(b)};
      requests.push_back({*Signature::Create(types, NativeType::kU32), Target::kX64SystemV});
    }
  }
  return requests;
}

std::string NameOf(int threads) { return absl::StrCat("hit/", threads); }

class CacheBenchmark {
 public:
  CacheBenchmark()
      : source_(std::make_shared<InProcessSource>(), /*max_bytes=*/4 << 20,
                std::make_shared<SourceStatistics>()) {
    source_.CompileMany(requests_);
  }

  void Register() {
    for (const int threads : kThreads) {
      benchmark::RegisterBenchmark(NameOf(threads).c_str(), [this](benchmark::State& state) {
        size_t next = static_cast<size_t>(state.thread_index()) * 37;
        for (auto _ : state) {
          benchmark::DoNotOptimize(source_.Compile(requests_[next++ % requests_.size()]));
        }
      })->Threads(threads);
    }
  }

 private:
  const std::vector<CompileRequest> requests_ = Requests();
  CachedSource source_;
};

// CPU time of a hit: where threads hold each other up it grows with them, though they are more
// than there are cores.
Findings Find(const Measured& measured) {
  const auto median = [&](int threads) {
    const auto found = measured.find(NameOf(threads));
    return found == measured.end() ? 0 : found->second.Median();
  };
  Findings findings;
  findings.figures = {
      {"cache.hit_ns", median(1), Goal::kAtMost, 50},
      {"cache.hit_time_2_threads_vs_1", median(2) / median(1)},
      {"cache.hit_time_8_threads_vs_1", median(8) / median(1)},
  };
  Chart chart;
  chart.name = "cache";
  chart.title = "Hits of the client's cache";
  chart.x_name = "threads";
  chart.y_name = "nanoseconds of CPU for each";
  chart.lines = {{"hit", {}, {}}};
  for (const int threads : kThreads) {
    chart.lines[0].x.push_back(threads);
    chart.lines[0].y.push_back(median(threads));
  }
  findings.charts.push_back(std::move(chart));
  return findings;
}

int Main(int argc, char** argv) {
  CacheBenchmark all;
  return BenchMain(
      argc, argv, [&](const BenchOptions&) { all.Register(); },
      [](const Measured& measured, const BenchOptions&) { return Find(measured); });
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) { return springboard::Main(argc, argv); }
