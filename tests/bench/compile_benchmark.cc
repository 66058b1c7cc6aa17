// What it costs to compile a trampoline in process, on every target, against asmjit alone encoding
// the same instructions.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "compiler/compile.h"
#include "tests/bench/allocations.h"
#include "tests/bench/measured.h"
#include "tests/bench/raw_asmjit.h"

namespace springboard {
namespace {

struct Size {
  absl::string_view name;
  absl::string_view signature;
};

constexpr std::array<Size, 3> kSizes = {{
    {"short", "u32(u32,u32)"},
    {"medium", "i32(pointer,buffer,i32,u8,pointer,f64,u32,u16)"},
    {"long",
     "u64(u8,i16,buffer,f64,f32,u64,u64,u64,u8,i8,buffer,f64,f64,f64,f64,f64,f64,f64,f32,u16,i16,"
     "buffer)"},
}};

struct Case {
  std::string name;
  CompileRequest request;
  std::unique_ptr<RawAsmjit> raw;
};

constexpr char kAllocations[] = "allocations";

// Each iteration is one call of `function`.
template <typename Function>
void Run(benchmark::State& state, const Function& function) {
  function();  // What is kept is made now.
  const uint64_t before = AllocationsOfThisThread();
  for (auto _ : state) function();
  state.counters[kAllocations] = benchmark::Counter(
      static_cast<double>(AllocationsOfThisThread() - before), benchmark::Counter::kAvgIterations);
}

void CompileIntoSame(benchmark::State& state, const CompileRequest& request) {
  Trampoline trampoline;
  Run(state, [&] {
    benchmark::DoNotOptimize(CompileInto(request, trampoline));
    benchmark::ClobberMemory();
  });
}

void CompileToValue(benchmark::State& state, const CompileRequest& request) {
  Run(state, [&] { benchmark::DoNotOptimize(Compile(request)); });
}

// The bytes are taken out, since the next ones overwrite them.
void AssembleRaw(benchmark::State& state, RawAsmjit& raw, RawAsmjit::Reuse reuse) {
  std::array<uint8_t, 4096> taken;
  Run(state, [&] {
    const absl::Span<const uint8_t> code = raw.Assemble(reuse);
    std::memcpy(taken.data(), code.data(), code.size());
    benchmark::DoNotOptimize(taken.data());
    benchmark::ClobberMemory();
  });
}

bool MakeCases(std::deque<Case>& cases) {
  for (const TargetInfo& row : AllTargets()) {
    for (const Size& size : kSizes) {
      const CompileRequest request = {*Signature::Parse(size.signature), row.target};
      const absl::StatusOr<Trampoline> trampoline = Compile(request);
      if (!trampoline.ok()) return false;
      absl::StatusOr<std::unique_ptr<RawAsmjit>> raw = MakeRawAsmjit(*trampoline);
      if (!raw.ok()) {
        std::cerr << row.name << " " << size.signature << ": " << raw.status() << "\n";
        return false;
      }
      cases.push_back({absl::StrCat(row.name, "/", size.name), request, *std::move(raw)});
    }
  }
  return true;
}

void Add(std::deque<Case>& cases) {
  const auto add = [](const std::string& name, const auto& run) {
    benchmark::RegisterBenchmark(name.c_str(), run);
  };
  for (Case& one : cases) {
    const CompileRequest& request = one.request;
    RawAsmjit& raw = *one.raw;
    add("compile/" + one.name, [&](benchmark::State& s) { CompileIntoSame(s, request); });
    add("compile_value/" + one.name, [&](benchmark::State& s) { CompileToValue(s, request); });
    add("asmjit/" + one.name,
        [&](benchmark::State& s) { AssembleRaw(s, raw, RawAsmjit::Reuse::kRewind); });
    add("asmjit_reset/" + one.name,
        [&](benchmark::State& s) { AssembleRaw(s, raw, RawAsmjit::Reuse::kReset); });
  }
}

Findings Find(const std::deque<Case>& cases, const Measured& measured) {
  const auto median = [&](const std::string& name) {
    const auto found = measured.find(name);
    return found == measured.end() ? 0 : found->second.Median();
  };
  double vs_raw = 0;
  double vs_rewound = 0;
  double allocations = 0;
  Chart chart;
  chart.name = "compile";
  chart.title = "Compiling a trampoline in process";
  chart.y_name = "nanoseconds";
  chart.lines = {{"Springboard", {}, {}}, {"asmjit, the same instructions", {}, {}}};
  for (const Case& one : cases) {
    const double ours = median("compile/" + one.name);
    const double raw = median("asmjit_reset/" + one.name);
    vs_raw = std::max(vs_raw, ours / raw);
    vs_rewound = std::max(vs_rewound, ours / median("asmjit/" + one.name));
    allocations = std::max(allocations, median(absl::StrCat("compile/", one.name, ":allocations")));
    chart.bars.push_back(one.name);
    chart.lines[0].y.push_back(ours);
    chart.lines[1].y.push_back(raw);
  }
  Findings findings;
  findings.figures = {
      {"compile.vs_raw_asmjit", vs_raw, Goal::kAtMost, 2},
      {"compile.vs_rewound_asmjit", vs_rewound},
      {"compile.allocations", allocations, Goal::kAtMost, 0},
      {"compile.per_second", 1e9 / median("compile/x86_64-sysv/short"), Goal::kAtLeast, 3e6},
  };
  findings.charts.push_back(std::move(chart));
  return findings;
}

int Main(int argc, char** argv) {
  std::deque<Case> cases;
  if (!MakeCases(cases)) return 1;
  return BenchMain(
      argc, argv, [&](const BenchOptions&) { Add(cases); },
      [&](const Measured& measured, const BenchOptions&) { return Find(cases, measured); });
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) { return springboard::Main(argc, argv); }
