// How time and memory grow with what there is of: parameters, trampolines in a batch, trampolines
// that live, and connections. An exponent of 1 is linear growth.

#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "client/arena/code_arena.h"
#include "client/host_target.h"
#include "client/source/remote_source.h"
#include "compiler/compile.h"
#include "proto/conversion.h"
#include "springboard/v1/trampoline_compiler.pb.h"
#include "tests/bench/bench_server.h"
#include "tests/bench/measured.h"
#include "tests/bench/raw_client.h"
#include "tests/bench/resident_memory.h"
#include "tests/support/signature_generator.h"
#include "tests/support/unique_name.h"

namespace springboard {
namespace {

using Clock = std::chrono::steady_clock;

constexpr char kServer[] = "server/springboard_server";
constexpr char kUnary[] = "/springboard.v1.TrampolineCompiler/CompileTrampoline";
constexpr char kBytes[] = "bytes";
// Linear, and what noise adds to that, and arguments that no longer fit into registers.
constexpr double kLinear = 1.1;
// Growth below this hides in pages that were there before.
constexpr double kMinGrowthBytes = 192 << 10;
// So many are linked by one call.
constexpr size_t kLinked = 10000;

struct Dimension {
  absl::string_view name;
  absl::string_view title;
  absl::string_view x_name;
  std::vector<size_t> sizes;
  size_t max_quick_size;
};

const Dimension& Parameters() {
  static const auto* const kDimension = new Dimension{
      "parameters", "Compiling a signature", "parameters", {1, 2, 4, 8, 16, 32, 64, 128, 256}, 256};
  return *kDimension;
}
const Dimension& Batch() {
  static const auto* const kDimension = new Dimension{"batch",
                                                      "Trampolines from the server",
                                                      "asked for at once",
                                                      {1, 10, 100, 1000, 10000, 30000, 100000},
                                                      10000};
  return *kDimension;
}
const Dimension& Live() {
  static const auto* const kDimension = new Dimension{"live",
                                                      "Linking trampolines, proven",
                                                      "trampolines that live",
                                                      {10, 100, 1000, 10000, 100000, 1000000},
                                                      100000};
  return *kDimension;
}
const Dimension& Connections() {
  static const auto* const kDimension = new Dimension{"connections",
                                                      "Connecting to a server, and a call of each",
                                                      "connections",
                                                      {1, 10, 100, 1000},
                                                      100};
  return *kDimension;
}

std::string NameOf(const Dimension& dimension, size_t size) {
  return absl::StrCat(dimension.name, "/", size);
}

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string OwnUnixAddress() { return absl::StrCat("unix:/tmp/", UniqueName()); }

// The memory is the code's.
void CompileParameters(benchmark::State& state, size_t size) {
  std::vector<NativeType> types(size);
  for (size_t i = 0; i < size; ++i) {
    types[i] = static_cast<NativeType>(1 + i % (kNativeTypes.size() - 1));
  }
  const CompileRequest request = {*Signature::Create(types, NativeType::kU32), Target::kX64SystemV};
  Trampoline trampoline;
  for (auto _ : state) benchmark::DoNotOptimize(CompileInto(request, trampoline));
  state.counters[kBytes] = static_cast<double>(trampoline.code.size());
}

// The memory is the server's at its peak, beyond what it has at rest. The client asks for more than
// one batch may have in several, some of them at a time.
class BatchLoad {
 public:
  void Run(benchmark::State& state, size_t size) {
    std::vector<CompileRequest> requests;
    SignatureGenerator generator(/*seed=*/1);
    for (size_t i = 0; i < size; ++i) requests.push_back({generator.Next(), Target::kX64SystemV});
    source_.CompileMany(requests);
    server_.ResetPeak();
    const double before = server_.PeakBytes();
    for (auto _ : state) {
      const CompileResults results = source_.CompileMany(requests);
      if (!std::all_of(results.begin(), results.end(), [](const auto& one) { return one.ok(); })) {
        state.SkipWithError("trampolines are missing");
        return;
      }
    }
    state.counters[kBytes] = server_.PeakBytes() - before;
  }

 private:
  BenchServer server_{kServer, {"--listen=" + OwnUnixAddress()}};
  RemoteSource source_{server_.address()};
};

uint32_t Add(uint32_t a, uint32_t b) { return a + b; }

// The memory is this process's: code, unwind information, and what the arena knows of it.
void LinkLive(benchmark::State& state, size_t size) {
  const Signature signature = *Signature::Parse("u32(u32,u32)");
  const Trampoline trampoline = *Compile({signature, *HostTarget()});
  const std::vector<LinkRequest> requests(
      std::min(size, kLinked),
      LinkRequest{&signature, &trampoline, reinterpret_cast<const void*>(&Add)});
  for (auto _ : state) {
    absl::StatusOr<CodeArena> arena = CodeArena::Create();
    if (!arena.ok()) {
      state.SkipWithError(arena.status().ToString().c_str());
      return;
    }
    std::vector<BoundTrampoline> live;
    const double before = ResidentBytes();
    const Clock::time_point start = Clock::now();
    while (live.size() < size) {
      const size_t count = std::min(size - live.size(), requests.size());
      absl::StatusOr<std::vector<BoundTrampoline>> linked =
          arena->LinkAll(absl::MakeSpan(requests).first(count));
      if (!linked.ok()) {
        state.SkipWithError(linked.status().ToString().c_str());
        return;
      }
      std::move(linked->begin(), linked->end(), std::back_inserter(live));
    }
    state.SetIterationTime(SecondsSince(start));
    state.counters[kBytes] = ResidentBytes() - before;
  }
}

// The memory is the server's.
void Connect(benchmark::State& state, size_t size) {
  const BenchServer server(kServer, {"--listen=" + OwnUnixAddress()});
  const std::string request =
      ToProto(CompileRequest{*Signature::Parse("u32(u32,u32)"), Target::kX64SystemV})
          .SerializeAsString();
  for (auto _ : state) {
    std::vector<std::unique_ptr<RawClient>> clients;
    const double before = server.ResidentBytes();
    const Clock::time_point start = Clock::now();
    for (size_t i = 0; i < size; ++i) {
      clients.push_back(std::make_unique<RawClient>(server.address()));
      if (clients.back()->Run(kUnary, request, 1, 1).failed > 0) {
        state.SkipWithError("a call failed");
        return;
      }
    }
    state.SetIterationTime(SecondsSince(start));
    state.counters[kBytes] = server.ResidentBytes() - before;
  }
}

class ScaleBenchmark {
 public:
  void Register(const BenchOptions& options) {
    const auto add = [&](const Dimension& dimension, const auto& run, bool is_timed_by_hand) {
      for (const size_t size : dimension.sizes) {
        if (options.is_quick && size > dimension.max_quick_size) continue;
        benchmark::internal::Benchmark* const one = benchmark::RegisterBenchmark(
            NameOf(dimension, size).c_str(),
            [run, size](benchmark::State& state) { run(state, size); });
        if (is_timed_by_hand) {
          one->UseManualTime()->Iterations(1);
        } else {
          one->UseRealTime();
        }
      }
    };
    add(Parameters(), CompileParameters, false);
    add(
        Batch(), [this](benchmark::State& state, size_t size) { batches().Run(state, size); },
        false);
    add(Live(), LinkLive, true);
    add(Connections(), Connect, true);
  }

  static Findings Find(const Measured& measured) {
    Findings findings;
    for (const Dimension* const dimension : {&Parameters(), &Batch(), &Live(), &Connections()}) {
      FindDimension(*dimension, measured, findings);
    }
    return findings;
  }

 private:
  static void FindDimension(const Dimension& dimension, const Measured& measured,
                            Findings& findings) {
    Line time = {"microseconds", {}, {}};
    Line memory = {"kilobytes", {}, {}};
    const bool is_growth = &dimension != &Parameters();
    for (const size_t size : dimension.sizes) {
      const std::string name = NameOf(dimension, size);
      const auto found = measured.find(name);
      if (found == measured.end()) continue;
      const auto x = static_cast<double>(size);
      time.x.push_back(x);
      time.y.push_back(found->second.Median() / 1e3);
      const double bytes = measured.at(absl::StrCat(name, ":", kBytes)).Median();
      if (is_growth && bytes < kMinGrowthBytes) continue;
      memory.x.push_back(x);
      memory.y.push_back(bytes / 1024);
    }
    const std::string name = absl::StrCat("scale.", dimension.name, ".");
    if (time.x.size() < 2) return;
    findings.figures.push_back(
        {name + "exponent", FitExponent(time.x, time.y), Goal::kAtMost, kLinear});
    if (memory.x.size() < 2) {
      findings.notes.push_back(absl::StrCat(name, "memory_exponent needs sizes of which two take ",
                                            "more than ", kMinGrowthBytes / 1024, " KiB"));
    } else {
      findings.figures.push_back(
          {name + "memory_exponent", FitExponent(memory.x, memory.y), Goal::kAtMost, kLinear});
    }
    if (is_growth && !memory.x.empty()) {
      findings.figures.push_back({name + "bytes_each", memory.y.back() * 1024 / memory.x.back()});
    }
    findings.figures.push_back({name + "ns_each", time.y.back() * 1e3 / time.x.back()});
    findings.charts.push_back({absl::StrCat("scale_", dimension.name),
                               std::string(dimension.title),
                               std::string(dimension.x_name),
                               "microseconds, kilobytes",
                               /*is_logarithmic=*/true,
                               {},
                               {std::move(time), std::move(memory)}});
  }

  BatchLoad& batches() {
    if (!batches_.has_value()) batches_.emplace();
    return *batches_;
  }

  std::optional<BatchLoad> batches_;
};

// A thousand connections are more than many systems let a process have unless it asks.
void AllowManyFiles() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 16384);
  setrlimit(RLIMIT_NOFILE, &limit);
}

int Main(int argc, char** argv) {
  AllowManyFiles();
  ScaleBenchmark all;
  return BenchMain(
      argc, argv, [&](const BenchOptions& options) { all.Register(options); },
      [](const Measured& measured, const BenchOptions&) { return ScaleBenchmark::Find(measured); });
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) { return springboard::Main(argc, argv); }
