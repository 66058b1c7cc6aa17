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
#include <utility>
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

// Times `functions` in turn until the benchmark has enough of it; counts the median of their best.
void Measure(benchmark::State& state, const std::vector<std::function<void()>>& functions) {
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
  state.counters["median_ns"] = Repetitions{std::move(best)}.Median();
}

void VerifyAll(benchmark::State& state, Target target, const Signatures& signatures) {
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
  Measure(state, functions);
}

void CompileAll(benchmark::State& state, Target target, const Signatures& signatures) {
  std::vector<std::function<void()>> functions;
  for (const Signature& signature : signatures) {
    functions.emplace_back([request = CompileRequest{signature, target}] {
      benchmark::DoNotOptimize(Compile(request));
    });
  }
  Measure(state, functions);
}

// Of each mix and target: "verify/typical/x86_64-sysv", and the same of compile.
void Add(const std::string& mix, const Signatures& signatures) {
  for (const TargetInfo& row : AllTargets()) {
    const std::string name = absl::StrCat(mix, "/", row.name);
    const auto add = [&](const char* what, const auto& run) {
      benchmark::RegisterBenchmark(absl::StrCat(what, name).c_str(), [=](benchmark::State& state) {
        run(state, row.target, signatures);
      })->UseManualTime();
    };
    add("verify/", VerifyAll);
    add("compile/", CompileAll);
  }
}

Findings Find(const Measured& measured, const BenchOptions& /*options*/) {
  Findings findings;
  Chart chart = {"verify", "Proving and compiling one trampoline", "", "ns", false, {}, {}};
  for (const char* const mix : {"typical", "random"}) {
    double slowest = 0;
    Line verify = {absl::StrCat("verify, ", mix), {}, {}};
    Line compile = {absl::StrCat("compile, ", mix), {}, {}};
    chart.bars.clear();
    for (const TargetInfo& row : AllTargets()) {
      const std::string name = absl::StrCat(mix, "/", row.name, ":median_ns");
      const auto verify_ns = measured.find("verify/" + name);
      const auto compile_ns = measured.find("compile/" + name);
      if (verify_ns == measured.end() || compile_ns == measured.end()) continue;
      chart.bars.emplace_back(row.name);
      verify.y.push_back(verify_ns->second.Median());
      compile.y.push_back(compile_ns->second.Median());
      slowest = std::max(slowest, verify.y.back());
      findings.figures.push_back({absl::StrCat("verify.", mix, ".", row.name, ".vs_compile"),
                                  verify.y.back() / compile.y.back()});
    }
    chart.lines.push_back(verify);
    chart.lines.push_back(compile);
    // Of the slowest target. What libraries have is what a goal is for.
    if (mix == absl::string_view("typical")) {
      findings.figures.push_back({"verify.median_ns", slowest, Goal::kAtMost, 1000});
    } else {
      findings.figures.push_back({"verify.random.median_ns", slowest});
    }
  }
  findings.charts.push_back(chart);
  return findings;
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) {
  return springboard::BenchMain(
      argc, argv,
      [](const springboard::BenchOptions& /*options*/) {
        springboard::Add("typical", springboard::Typical());
        springboard::Add("random", springboard::Random());
      },
      springboard::Find);
}
