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
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "client/pack/pack.h"
#include "client/pack/stable_hash.h"
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

int Main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const TemporaryFolder folder;
  const Made made = {folder.File("a.pack"), DistinctRequests(EntriesAsked())};
  const absl::Status written = WritePack(made.path, made.requests);
  const absl::StatusOr<Pack> pack = Pack::Open(made.path);
  if (!written.ok() || !pack.ok()) {
    std::cerr << written << "\n" << pack.status() << "\n";
    return 1;
  }
  std::cout << pack->size() << " entries, " << pack->bytes().size() << " bytes\n";
  std::vector<CompileRequest> others = DistinctRequests(1000);
  for (CompileRequest& request : others) {
    std::vector<NativeType> types(request.signature.parameters().begin(),
                                  request.signature.parameters().end());
    types.resize(200, NativeType::kU16);
    request.signature = *Signature::Create(types, NativeType::kVoid);
  }
  benchmark::RegisterBenchmark("open", Open, made)->Unit(benchmark::kMicrosecond);
  benchmark::RegisterBenchmark("first", LookUpFirst, made)->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("last", [&](benchmark::State& state) {
    Repeat(state, made.requests, [&](const CompileRequest& r) { return pack->Lookup(r); });
  });
  benchmark::RegisterBenchmark("key", [&](benchmark::State& state) {
    Repeat(state, made.requests, [](const CompileRequest& r) { return StableHash(RequestKey(r)); });
  });
  benchmark::RegisterBenchmark("find", [&](benchmark::State& state) {
    Repeat(state, made.requests, [&](const CompileRequest& r) { return pack->Find(r); });
  });
  benchmark::RegisterBenchmark("missing", [&](benchmark::State& state) {
    Repeat(state, others, [&](const CompileRequest& r) { return pack->Lookup(r); });
  });
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) { return springboard::Main(argc, argv); }
