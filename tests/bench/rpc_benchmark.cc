// What a call of the server costs, beside one of an empty echo service with messages of the same
// sizes: both in processes of their own that are set up alike, asked by the same client in turn.
// And what a batch costs for each of its trampolines.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/source/remote_source.h"
#include "compiler/compile_request.h"
#include "compiler/signature.h"
#include "proto/conversion.h"
#include "springboard/v1/trampoline_compiler.pb.h"
#include "tests/bench/bench_server.h"
#include "tests/bench/measured.h"
#include "tests/bench/raw_client.h"
#include "tests/support/signature_generator.h"
#include "tests/support/unique_name.h"

namespace springboard {
namespace {

constexpr char kOurServer[] = "server/springboard_server";
constexpr char kEchoServer[] = "tests/bench/echo_server";
constexpr char kUnary[] = "/springboard.v1.TrampolineCompiler/CompileTrampoline";
constexpr char kBatch[] = "/springboard.v1.TrampolineCompiler/BatchCompileTrampolines";
constexpr size_t kInFlight[] = {1, 16, 64};
constexpr size_t kBatchSizes[] = {10, 100, 1000, 10000};
constexpr size_t kMaxInFlight = 64;
// In a repetition; even, so that each server is the first as often.
constexpr size_t kBurstsOfPair = 6;
// Whose figures have no size in their names.
constexpr size_t kNamedSize = 1000;

CompileRequest Small() { return {*Signature::Parse("u32(u32,u32)"), Target::kX64SystemV}; }

std::string OwnUnixAddress() { return absl::StrCat("unix:/tmp/", UniqueName()); }

// The two servers on one transport.
class Pair {
 public:
  explicit Pair(bool is_tcp)
      : request_(ToProto(Small()).SerializeAsString()),
        our_server_(kOurServer,
                    {absl::StrCat("--listen=", is_tcp ? "127.0.0.1:0" : OwnUnixAddress())}),
        our_client_(our_server_.address()),
        answer_bytes_(our_client_.Run(kUnary, request_, 1, 1).response_bytes),
        echo_server_(kEchoServer,
                     {is_tcp ? "127.0.0.1:0" : OwnUnixAddress(), absl::StrCat(answer_bytes_)}),
        echo_client_(echo_server_.address()) {
    // Threads, memory and connections are there after these.
    RunOurs(50 * kMaxInFlight, kMaxInFlight);
    RunEcho(50 * kMaxInFlight, kMaxInFlight);
  }

  Calls RunOurs(size_t count, size_t in_flight) {
    return our_client_.Run(kUnary, request_, count, in_flight);
  }
  Calls RunEcho(size_t count, size_t in_flight) {
    return echo_client_.Run(kUnary, request_, count, in_flight);
  }

  const BenchServer& our_server() const { return our_server_; }
  const BenchServer& echo_server() const { return echo_server_; }

 private:
  const std::string request_;
  BenchServer our_server_;
  RawClient our_client_;
  const size_t answer_bytes_;
  BenchServer echo_server_;
  RawClient echo_client_;
};

// Of one server, over the bursts of one repetition.
struct Tally {
  double seconds = 0;
  double cpu_ns = 0;
  std::vector<double> latencies_ns;
  size_t failed = 0;

  template <typename Run>
  void Add(const BenchServer& server, const Run& run) {
    const double cpu_ns_before = server.CpuNanoseconds();
    Calls calls = run();
    cpu_ns += server.CpuNanoseconds() - cpu_ns_before;
    seconds += calls.seconds;
    failed += calls.failed;
    latencies_ns.insert(latencies_ns.end(), calls.latencies_ns.begin(), calls.latencies_ns.end());
  }

  double count() const { return static_cast<double>(latencies_ns.size()); }
  double Quantile(double part) {
    const auto place = latencies_ns.begin() + static_cast<ptrdiff_t>(part * (count() - 1));
    std::nth_element(latencies_ns.begin(), place, latencies_ns.end());
    return *place;
  }
};

// Short bursts of both in turn, so that whatever else this machine does meets both. Two processes
// of the same program differ by some percent for as long as they run, by where their memory and
// threads happen to be; so there are `pairs` new ones for each repetition, in turn too.
void RunUnary(benchmark::State& state, bool is_tcp, size_t in_flight, size_t pairs) {
  std::deque<Pair> all;
  for (size_t i = 0; i < pairs; ++i) all.emplace_back(is_tcp);
  const size_t burst = 64 + 16 * in_flight;
  Tally ours;
  Tally echo;
  size_t turn = 0;
  for (auto _ : state) {
    Pair& pair = all[turn % pairs];
    const bool is_ours_first = turn / pairs % 2 == 0;
    const double seconds_before = ours.seconds;
    for (const bool is_ours : {is_ours_first, !is_ours_first}) {
      if (is_ours) {
        ours.Add(pair.our_server(), [&] { return pair.RunOurs(burst, in_flight); });
      } else {
        echo.Add(pair.echo_server(), [&] { return pair.RunEcho(burst, in_flight); });
      }
    }
    ++turn;
    state.SetIterationTime((ours.seconds - seconds_before) / static_cast<double>(burst));
  }
  if (ours.failed + echo.failed > 0) state.SkipWithError("calls failed");
  state.counters["throughput_vs_echo"] = echo.seconds / ours.seconds;
  state.counters["p50_vs_echo"] = ours.Quantile(0.5) / echo.Quantile(0.5);
  state.counters["p99_vs_echo"] = ours.Quantile(0.99) / echo.Quantile(0.99);
  state.counters["cpu_vs_echo"] = ours.cpu_ns / echo.cpu_ns;
  state.counters["calls_per_second"] = ours.count() / ours.seconds;
  state.counters["echo_calls_per_second"] = echo.count() / echo.seconds;
  state.counters["p50_ns"] = ours.Quantile(0.5);
  state.counters["echo_p50_ns"] = echo.Quantile(0.5);
  state.counters["cpu_ns"] = ours.cpu_ns / ours.count();
  state.counters["echo_cpu_ns"] = echo.cpu_ns / echo.count();
}

std::string UnaryName(bool is_tcp, size_t in_flight) {
  return absl::StrCat("rpc/", is_tcp ? "tcp" : "unix", "/", in_flight);
}

// What is asked for in a batch: small signatures, as the figures are named for, or such as the
// tests have, of 12 parameters on the mean.
enum class Mix { kSmall, kRandom };

std::string BatchName(Mix mix, size_t size) {
  return absl::StrCat("batch/", mix == Mix::kSmall ? "small" : "random", "/", size);
}

std::vector<CompileRequest> Requests(Mix mix, size_t size) {
  SignatureGenerator generator(/*seed=*/1);
  std::vector<CompileRequest> requests;
  for (size_t i = 0; i < size; ++i) {
    requests.push_back(mix == Mix::kSmall ? Small()
                                          : CompileRequest{generator.Next(), Target::kX64SystemV});
  }
  return requests;
}

// Bytes of both messages, for each trampoline.
double WireBytes(const BenchServer& server, const std::vector<CompileRequest>& requests) {
  v1::BatchCompileTrampolinesRequest message;
  for (const CompileRequest& request : requests) *message.add_requests() = ToProto(request);
  const std::string bytes = message.SerializeAsString();
  RawClient client(server.address());
  const size_t both = bytes.size() + client.Run(kBatch, bytes, 1, 1).response_bytes;
  return static_cast<double>(both) / static_cast<double>(requests.size());
}

// From requests to trampolines, through the client's library.
void RunBatch(benchmark::State& state, const BenchServer& server, RemoteSource& source, Mix mix,
              size_t size) {
  const std::vector<CompileRequest> requests = Requests(mix, size);
  const auto trampolines = static_cast<double>(size);
  double cpu_ns = 0;
  bool is_good = true;
  for (auto _ : state) {
    const double before = server.CpuNanoseconds();
    const CompileResults results = source.CompileMany(requests);
    state.PauseTiming();
    cpu_ns += server.CpuNanoseconds() - before;
    is_good = is_good && std::all_of(results.begin(), results.end(),
                                     [](const auto& result) { return result.ok(); });
    state.ResumeTiming();
  }
  if (!is_good) state.SkipWithError("trampolines are missing");
  const double all = trampolines * static_cast<double>(state.iterations());
  state.counters["server_ns"] = cpu_ns / all;
  state.counters["wire_bytes"] = WireBytes(server, requests);
}

struct Batches {
  BenchServer server{kOurServer, {"--listen=" + OwnUnixAddress()}};
  RemoteSource source{server.address()};
};

// `batches` starts when it is first needed, and is there until the program ends.
void Add(std::optional<Batches>& batches, const BenchOptions& options) {
  const size_t pairs = options.is_quick ? 3 : 4;
  for (const bool is_tcp : {false, true}) {
    for (const size_t in_flight : kInFlight) {
      benchmark::RegisterBenchmark(UnaryName(is_tcp, in_flight).c_str(),
                                   [is_tcp, in_flight, pairs](benchmark::State& state) {
                                     RunUnary(state, is_tcp, in_flight, pairs);
                                   })
          ->UseManualTime()
          ->Iterations(static_cast<int64_t>(kBurstsOfPair * pairs));
    }
  }
  for (const Mix mix : {Mix::kSmall, Mix::kRandom}) {
    for (const size_t size : kBatchSizes) {
      benchmark::RegisterBenchmark(BatchName(mix, size).c_str(), [&batches, mix,
                                                                  size](benchmark::State& state) {
        if (!batches.has_value()) batches.emplace();
        RunBatch(state, batches->server, batches->source, mix, size);
      })->UseRealTime();
    }
  }
}

class Finder {
 public:
  explicit Finder(const Measured& measured) : measured_(measured) {}

  Findings Find() {
    for (const bool is_tcp : {false, true}) FindUnary(is_tcp);
    for (const Mix mix : {Mix::kSmall, Mix::kRandom}) FindBatches(mix);
    findings_.charts.push_back(rates_);
    return findings_;
  }

 private:
  double Median(const std::string& name) const {
    const auto found = measured_.find(name);
    return found == measured_.end() ? 0 : found->second.Median();
  }

  void Add(const std::string& name, double value, Goal goal = Goal::kNone, double limit = 0) {
    findings_.figures.push_back({name, value, goal, limit});
  }

  // The named figures are the worst of all numbers in flight.
  void FindUnary(bool is_tcp) {
    const std::string transport = is_tcp ? "tcp" : "unix";
    Line ours = {"ours", {}, {}};
    Line echo = {"empty echo", {}, {}};
    double throughput = std::numeric_limits<double>::infinity();
    double p50 = 0;
    for (const size_t in_flight : kInFlight) {
      const std::string name = UnaryName(is_tcp, in_flight);
      if (measured_.count(name) == 0) return;
      const std::string figure = absl::StrCat("rpc.", transport, ".", in_flight, ".");
      for (const char* const ratio :
           {"throughput_vs_echo", "p50_vs_echo", "p99_vs_echo", "cpu_vs_echo"}) {
        Add(absl::StrCat(figure, ratio), Median(absl::StrCat(name, ":", ratio)));
      }
      throughput = std::min(throughput, Median(name + ":throughput_vs_echo"));
      p50 = std::max(p50, Median(name + ":p50_vs_echo"));
      for (Line* const line : {&ours, &echo}) line->x.push_back(static_cast<double>(in_flight));
      ours.y.push_back(Median(name + ":calls_per_second"));
      echo.y.push_back(Median(name + ":echo_calls_per_second"));
    }
    Add(absl::StrCat("rpc.", transport, ".throughput_vs_echo"), throughput, Goal::kAtLeast, 0.95);
    Add(absl::StrCat("rpc.", transport, ".p50_vs_echo"), p50, Goal::kAtMost, 1.05);
    findings_.charts.push_back({absl::StrCat("rpc_", transport),
                                absl::StrCat("Unary calls over ", is_tcp ? "TCP" : "a unix socket"),
                                "calls in flight",
                                "calls per second",
                                /*is_logarithmic=*/true,
                                {},
                                {ours, echo}});
  }

  void FindBatches(Mix mix) {
    const std::string kind = mix == Mix::kSmall ? "batch." : "batch.random.";
    Line end_to_end = {mix == Mix::kSmall ? "end to end, small" : "end to end, random", {}, {}};
    Line per_core = {mix == Mix::kSmall ? "server core, small" : "server core, random", {}, {}};
    for (const size_t size : kBatchSizes) {
      const std::string name = BatchName(mix, size);
      if (measured_.count(name) == 0) continue;
      const auto trampolines = static_cast<double>(size);
      const double per_second = trampolines * 1e9 / Median(name);
      const double per_core_second = 1e9 / Median(name + ":server_ns");
      Add(absl::StrCat(kind, size, ".per_second"), per_second);
      Add(absl::StrCat(kind, size, ".per_core_second"), per_core_second);
      for (Line* const line : {&end_to_end, &per_core}) line->x.push_back(trampolines);
      end_to_end.y.push_back(per_second);
      per_core.y.push_back(per_core_second);
      if (size != kNamedSize) continue;
      const Goal goal = mix == Mix::kSmall ? Goal::kAtLeast : Goal::kNone;
      Add(absl::StrCat(kind, "per_core_second"), per_core_second, goal, 1e6);
      Add(absl::StrCat(kind, "wire_bytes_per_trampoline"), Median(name + ":wire_bytes"));
    }
    rates_.lines.push_back(std::move(end_to_end));
    rates_.lines.push_back(std::move(per_core));
  }

  const Measured& measured_;
  Findings findings_;
  Chart rates_ = {"batch",
                  "Trampolines per second in batches",
                  "trampolines in a batch",
                  "trampolines per second",
                  /*is_logarithmic=*/true,
                  {},
                  {}};
};

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) {
  using springboard::BenchOptions;
  std::optional<springboard::Batches> batches;
  return springboard::BenchMain(
      argc, argv, [&batches](const BenchOptions& options) { Add(batches, options); },
      [](const springboard::Measured& measured, const BenchOptions& /*options*/) {
        return springboard::Finder(measured).Find();
      });
}
