// What it costs to prove a trampoline, and to compile it, on every target: tools/bench.
//
// Two mixes of signatures. "typical" is what libraries have: the counts of parameters are those of
// kTypical, from none to eight. "random" is what the tests use: most signatures have just enough
// parameters to spill some to the stack, a few have hundreds.
//
// Each trampoline is timed by itself, several times, and its best time counts; a benchmark's result
// is the median over the trampolines of its mix, so that neither a long signature nor another
// process decides it. Compiling is the control: the ratio says more than either time, on a machine
// that is busy or slow.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/verifier/verifier.h"
#include "compiler/compile.h"
#include "compiler/signature.h"
#include "compiler/target.h"
#include "tests/bench/measured.h"
#include "tests/support/signature_generator.h"

namespace springboard {
namespace {

constexpr int kRandomSignatures = 500;
// Calls that are timed together, since a clock takes tens of nanoseconds to read.
constexpr int kBatch = 32;

// Of libc, libm, zlib, sqlite, SDL and OpenGL, by their types.
constexpr absl::string_view kTypical[] = {
    "void()",
    "i32()",
    "u64()",
    "f64(f64)",
    "f64(f64,f64)",
    "f32(f32)",
    "i32(i32)",
    "usize(buffer)",
    "u16(u16)",
    "bool(u8)",
    "void(u32)",
    "i32(pointer)",
    "i32(buffer,buffer)",
    "pointer(pointer,i32)",
    "void(f32,f32,f32,f32)",
    "u64(u64,buffer,u32)",
    "i32(pointer,i32)",
    "i64(i32,i64,i32)",
    "isize(i32,buffer,usize)",
    "i32(pointer,buffer,i32,pointer,pointer)",
    "void(i32,i32,i32,i32)",
    "i8(i8,u8,i16,u16)",
    "void(u32,i32,u32,bool,i32,usize)",
    "i32(pointer,i32,pointer,i32,function)",
    "i32(buffer,usize,buffer,usize,i32)",
    "f64(f64,f64,f64,i32,i32)",
    "void(i32,i32,i32,i32,i32,u32,u32,buffer)",
    "void(u32,i32,i32,i32,i32,i32,u32,buffer)",
    "i32(pointer,pointer,pointer,pointer,i32,i32)",
    "u64(u8,i16,buffer)",
};

using Signatures = std::vector<Signature>;

Signatures Typical() {
  Signatures signatures;
  for (const absl::string_view text : kTypical) signatures.push_back(*Signature::Parse(text));
  return signatures;
}

Signatures Random() {
  SignatureGenerator generator(/*seed=*/5);
  Signatures signatures;
  for (int i = 0; i < kRandomSignatures; ++i) signatures.push_back(generator.Next());
  return signatures;
}

double NanosecondsOf(const std::function<void()>& function) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  for (int i = 0; i < kBatch; ++i) function();
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count() / kBatch;
}

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// Times `functions` in turn until the benchmark has enough of it; gives the median of them.
double Measure(benchmark::State& state, const std::vector<std::function<void()>>& functions) {
  std::vector<double> best(functions.size(), std::numeric_limits<double>::infinity());
  for (auto _ : state) {
    double total = 0;
    for (size_t i = 0; i < functions.size(); ++i) {
      const double nanoseconds = NanosecondsOf(functions[i]);
      best[i] = std::min(best[i], nanoseconds);
      total += nanoseconds;
    }
    state.SetIterationTime(total * kBatch * 1e-9);
  }
  state.counters["slowest_ns"] = *std::max_element(best.begin(), best.end());
  const double median = Median(best);
  state.counters["median_ns"] = median;
  return median;
}

double VerifyAll(benchmark::State& state, Target target, const Signatures& signatures) {
  std::vector<Trampoline> trampolines;
  for (const Signature& signature : signatures) {
    trampolines.push_back(*Compile({signature, target}));
  }
  std::vector<std::function<void()>> functions;
  for (size_t i = 0; i < signatures.size(); ++i) {
    functions.emplace_back([&signature = signatures[i], &trampoline = trampolines[i]] {
      benchmark::DoNotOptimize(Verify(signature, trampoline.target, trampoline.profile,
                                      {trampoline.code, trampoline.relocation.callee_offset_bytes,
                                       trampoline.alignment_bytes}));
    });
  }
  return Measure(state, functions);
}

double CompileAll(benchmark::State& state, Target target, const Signatures& signatures) {
  std::vector<std::function<void()>> functions;
  for (const Signature& signature : signatures) {
    functions.emplace_back([request = CompileRequest{signature, target}] {
      benchmark::DoNotOptimize(Compile(request));
    });
  }
  return Measure(state, functions);
}

// The mixes must outlive the run.
void Register(const std::string& mix, const Signatures& signatures) {
  for (const TargetInfo& row : AllTargets()) {
    const auto add = [&](const char* what,
                         double (*measure)(benchmark::State&, Target, const Signatures&)) {
      const std::string name = absl::StrCat(what, "/", mix, "/", row.name);
      benchmark::RegisterBenchmark(name.c_str(), [measure, &signatures,
                                                  target = row.target](benchmark::State& state) {
        measure(state, target, signatures);
      })->UseManualTime();
    };
    add("verify", VerifyAll);
    add("compile", CompileAll);
  }
}

// Of the target where it is the highest.
Findings Find(const Measured& measured) {
  const auto highest = [&](const std::string& mix) {
    double nanoseconds = 0;
    for (const TargetInfo& row : AllTargets()) {
      const auto found = measured.find(absl::StrCat("verify/", mix, "/", row.name, ":median_ns"));
      if (found == measured.end()) continue;
      nanoseconds = std::max(nanoseconds, found->second.Median());
    }
    return nanoseconds;
  };
  Findings findings;
  findings.figures = {
      {"verify.median_ns", highest("typical"), Goal::kAtMost, 1000},
      {"verify.random_median_ns", highest("random")},
  };
  return findings;
}

int Main(int argc, char** argv) {
  const Signatures typical = Typical();
  const Signatures random = Random();
  return BenchMain(
      argc, argv,
      [&](const BenchOptions&) {
        Register("typical", typical);
        Register("random", random);
      },
      [](const Measured& measured, const BenchOptions&) { return Find(measured); });
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) { return springboard::Main(argc, argv); }
