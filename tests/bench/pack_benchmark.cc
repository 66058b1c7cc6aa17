// What it costs to open a pack of 100,000 entries, or of as many as SPRINGBOARD_PACK_ENTRIES says,
// and to look up in it.
//
//   open         maps the file and checks what is checked at once; unmaps it
//   first/last   lookups of every entry, in random order, in a pack that was just opened, with the
//                checks of first use and the page faults; and again after that
//   key          what of that does not depend on the pack: the requests' keys and their hashes
//   find         as last, with a copy of the code as Pack::Find() makes it
//   missing      lookups of what is not in the pack

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "client/pack/pack.h"
#include "client/pack/stable_hash.h"
#include "tests/bench/measured.h"
#include "tests/support/files.h"
#include "tests/support/pack_bytes.h"
#include "tests/support/signature_generator.h"

namespace springboard {
namespace {

constexpr size_t kMaxParameters = 8;

// A pack in a file, and what is in it, in random order.
struct Made {
  std::string path;
  std::vector<CompileRequest> requests;
};

// Signatures as libraries have them, of up to eight parameters, each for all targets.
std::vector<CompileRequest> DistinctRequests(size_t count) {
  SignatureGenerator generator(/*seed=*/9);
  std::set<std::string> known;
  std::vector<CompileRequest> requests;
  while (requests.size() < count) {
    const Signature signature = generator.Next();
    if (signature.parameters().size() > kMaxParameters) continue;
    if (!known.insert(signature.ToString()).second) continue;
    for (const TargetInfo& row : AllTargets()) requests.push_back({signature, row.target});
  }
  std::shuffle(requests.begin(), requests.end(), std::mt19937(/*seed=*/1));
  return requests;
}

void Open(benchmark::State& state, const Made& made) {
  for (auto _ : state) benchmark::DoNotOptimize(Pack::Open(made.path));
}

void LookUpFirst(benchmark::State& state, const Made& made) {
  for (auto _ : state) {
    state.PauseTiming();
    absl::StatusOr<Pack> pack = Pack::Open(made.path);
    state.ResumeTiming();
    for (const CompileRequest& request : made.requests) {
      benchmark::DoNotOptimize(pack->Lookup(request));
    }
    state.PauseTiming();
    pack = absl::UnknownError("closed");
    state.ResumeTiming();
  }
  const auto lookups = state.iterations() * static_cast<int64_t>(made.requests.size());
  state.counters["per_lookup"] = benchmark::Counter(
      static_cast<double>(lookups), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// Each iteration is one call of `ask` with the next request.
template <typename Ask>
void Repeat(benchmark::State& state, const std::vector<CompileRequest>& requests, const Ask& ask) {
  size_t next = 0;
  for (const CompileRequest& request : requests) benchmark::DoNotOptimize(ask(request));
  for (auto _ : state) {
    benchmark::DoNotOptimize(ask(requests[next]));
    next = next + 1 == requests.size() ? 0 : next + 1;
  }
}

size_t EntriesAsked() {
  const char* const text = std::getenv("SPRINGBOARD_PACK_ENTRIES");
  size_t count = 0;
  return text != nullptr && absl::SimpleAtoi(text, &count) ? count : 100000;
}

// What the benchmarks use, until the last has run.
struct World {
  TemporaryFolder folder;
  Made made;
  std::optional<Pack> pack;
  std::vector<CompileRequest> others;
};

bool Make(size_t entries, World& world) {
  world.made = {world.folder.File("a.pack"), DistinctRequests(entries)};
  const absl::Status written = WritePack(world.made.path, world.made.requests);
  absl::StatusOr<Pack> pack = Pack::Open(world.made.path);
  if (!written.ok() || !pack.ok()) {
    std::cerr << written << "\n" << pack.status() << "\n";
    return false;
  }
  world.pack = *std::move(pack);
  world.others = DistinctRequests(1000);
  for (CompileRequest& request : world.others) {
    std::vector<NativeType> types(request.signature.parameters().begin(),
                                  request.signature.parameters().end());
    types.resize(200, NativeType::kU16);
    request.signature = *Signature::Create(types, NativeType::kVoid);
  }
  return true;
}

void Add(const World& world) {
  const auto add = [&](const char* name, const std::vector<CompileRequest>& requests,
                       const auto& ask) {
    benchmark::RegisterBenchmark(
        name, [&requests, ask](benchmark::State& state) { Repeat(state, requests, ask); });
  };
  const Pack& pack = *world.pack;
  const std::vector<CompileRequest>& known = world.made.requests;
  benchmark::RegisterBenchmark("pack/open", Open, world.made);
  benchmark::RegisterBenchmark("pack/first", LookUpFirst, world.made);
  add("pack/last", known, [&](const CompileRequest& r) { return pack.Lookup(r); });
  add("pack/key", known, [](const CompileRequest& r) { return StableHash(RequestKey(r)); });
  add("pack/find", known, [&](const CompileRequest& r) { return pack.Find(r); });
  add("pack/missing", world.others, [&](const CompileRequest& r) { return pack.Lookup(r); });
}

Findings Find(const Measured& measured, const BenchOptions& /*options*/) {
  Findings findings;
  const auto median = [&](const std::string& name) {
    const auto found = measured.find(name);
    return found == measured.end() ? 0 : found->second.Median();
  };
  findings.figures = {{"pack.open_us", median("pack/open") / 1e3, Goal::kAtMost, 1000},
                      {"pack.lookup_ns", median("pack/last")},
                      {"pack.first_lookup_ns", median("pack/first:per_lookup") * 1e9}};
  return findings;
}

int Main(int argc, char** argv) {
  World world;
  const bool is_quick = std::any_of(
      argv, argv + argc, [](const std::string& argument) { return argument == "--quick"; });
  constexpr size_t kQuickEntries = 10000;
  if (!Make(is_quick ? kQuickEntries : EntriesAsked(), world)) return 1;
  return BenchMain(
      argc, argv, [&](const BenchOptions& /*options*/) { Add(world); }, Find);
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) { return springboard::Main(argc, argv); }
