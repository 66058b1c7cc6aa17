// Calls through trampolines, and through what else forwards V8's calls to a C function.
//
//   trampoline  as a client links it: with a direct jump where the callee is in reach
//   again       the same, linked a second time: how much two copies of the same code differ
//   absolute    the code as it was compiled, which jumps to its callee's address, as close to it
//   far         the same, linked without relaxation: somewhere
//   clang, gcc  the forwarding function in C, by both compilers with -O2
//   reference   deno_ffi 0.59.0's instructions, as close; only for x86-64 System V
//   bare_frame  of u64(): a call and a return more than direct, and nothing else; only for x86-64
//   libffi      ffi_call() of the callee
//   direct      the callee, through a plain pointer
//
// All are called from the same instructions but the last two, whose types are others.

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <iostream>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/arena/code_arena.h"
#include "client/host_target.h"
#include "client/mapping/mapping_way.h"
#include "client/mapping/relocate.h"
#include "compiler/compile.h"
#include "tests/bench/call_functions.h"
#include "tests/bench/call_loops.h"
#include "tests/bench/measured.h"
#include "tests/bench/turns.h"
#include "tests/reference/reference_model.h"

namespace springboard {
namespace {

constexpr int kCalls = 1000;
constexpr int kFfiCalls = 100;
// The name of u64().
constexpr char kLongResult[] = "long_result";
constexpr uint64_t kReachBytes = uint64_t{1} << 30;

// What lives as long as the benchmarks.
struct World {
  std::vector<BoundTrampoline> trampolines;
  std::vector<std::unique_ptr<CodeRegion>> regions;
  std::vector<std::string> names;
  bool has_failed = false;
};

const void* AddressOf(void (*function)()) { return reinterpret_cast<const void*>(function); }

// Null, with a message, if it cannot be linked.
const void* Link(const Signature& signature, const void* callee, bool relaxes, World& world) {
  CodeArenaOptions options;
  options.relaxes = relaxes;
  absl::StatusOr<CodeArena> arena = CodeArena::Create(options);
  const absl::StatusOr<Trampoline> code = Compile({signature, *HostTarget()});
  absl::StatusOr<BoundTrampoline> bound =
      arena.ok() && code.ok() ? arena->Link(signature, *code, callee) : arena.status();
  if (!bound.ok()) {
    std::cerr << bound.status() << "\n";
    world.has_failed = true;
    return nullptr;
  }
  world.trampolines.push_back(*std::move(bound));
  return world.trampolines.back().entry();
}

// Code as it was compiled, as close to its callee as a trampoline is mapped.
const void* MapNear(std::vector<uint8_t> code, uint32_t callee_offset_bytes, const void* callee,
                    World& world) {
  const auto address = reinterpret_cast<uintptr_t>(callee);
  Relocate(code.data(), code.size(), callee_offset_bytes, address);
  ReservedRegion mapped = ReserveRegion(MappingWay::kSealedShared, code.size(), MapTime::kAfterSeal,
                                        /*directory=*/nullptr, Neighborhood{address, kReachBytes});
  auto* const region = std::get_if<std::unique_ptr<CodeRegion>>(&mapped);
  if (region == nullptr || WriteAndMap(**region, code.data(), code.size())) {
    std::cerr << "code cannot be mapped\n";
    world.has_failed = true;
    return nullptr;
  }
  world.regions.push_back(std::move(*region));
  return world.regions.back()->address();
}

const void* MapReference(const Signature& signature, const void* callee, World& world) {
  ReferenceCode reference = CompileAsReference(signature, Target::kX64SystemV);
  return MapNear(std::move(reference.code), reference.callee_offset_bytes, callee, world);
}

const void* MapAbsolute(const Signature& signature, const void* callee, World& world) {
  const absl::StatusOr<Trampoline> code = Compile({signature, *HostTarget()});
  if (!code.ok()) return nullptr;  // Link() has told why.
  return MapNear({code->code.begin(), code->code.end()}, code->relocation.callee_offset_bytes,
                 callee, world);
}

// Calls the callee, and does nothing else.
const void* MapBareFrame(const void* callee, World& world) {
  // push rsi; movabs rax, callee; call rax; pop rcx; ret
  return MapNear({0x56, 0x48, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xD0, 0x59, 0xC3},
                 /*callee_offset_bytes=*/3, callee, world);
}

std::string BenchmarkName(const std::string& name) { return absl::StrCat("call/", name); }

// The ways to call one function.
template <typename Forwarder>
class Ways {
 public:
  // `expected` is what its calls give.
  Ways(std::string name, double expected, World& world)
      : name_(std::move(name)), expected_(expected), world_(world) {}

  // Through code for V8's calls. Does nothing for null.
  void Add(const char* way, const void* entry) {
    if (entry == nullptr) return;
    auto* const function = FunctionAt(entry);
    if (const double result = ResultOfCall(function); result != expected_) {
      std::cerr << name_ << " by " << way << ": " << result << " instead of " << expected_ << "\n";
      world_.has_failed = true;
    }
    AddUnchecked(way, entry);
  }

  // The same, whatever its calls give.
  void AddUnchecked(const char* way, const void* entry) {
    if (entry == nullptr) return;
    const CallLoop call_often = kLoops[ways_.size()];
    Add({way, [call_often, function = FunctionAt(entry)] { call_often(function, kCalls); },
         kCalls});
  }

  void Add(Way way) { ways_.push_back(std::move(way)); }

  void Register() { AddTurns(BenchmarkName(name_), std::move(ways_)); }

 private:
  static Forwarder* FunctionAt(const void* entry) {
    return reinterpret_cast<Forwarder*>(reinterpret_cast<uintptr_t>(entry));
  }

  using CallLoop = void (*)(Forwarder* function, int count);
  static constexpr std::array<CallLoop, 8> kLoops = {&CallOften<0>, &CallOften<1>, &CallOften<2>,
                                                     &CallOften<3>, &CallOften<4>, &CallOften<5>,
                                                     &CallOften<6>, &CallOften<7>};

  const std::string name_;
  const double expected_;
  World& world_;
  std::vector<Way> ways_;
};

// Of one function: Callee and Forwarder are its types for C and for V8.
template <typename Callee, typename Forwarder>
void AddFunction(const std::string& name, const char* text, Callee* callee, Forwarder* by_gcc,
                 Forwarder* by_clang, World& world) {
  const Signature signature = *Signature::Parse(text);
  const void* const address = AddressOf(reinterpret_cast<void (*)()>(callee));
  Ways<Forwarder> ways(name, ResultOfCall(callee), world);
  world.names.push_back(name);
  ways.Add("trampoline", Link(signature, address, /*relaxes=*/true, world));
  ways.Add("again", Link(signature, address, /*relaxes=*/true, world));
  ways.Add("absolute", MapAbsolute(signature, address, world));
  ways.Add("far", Link(signature, address, /*relaxes=*/false, world));
  ways.Add("gcc", AddressOf(reinterpret_cast<void (*)()>(by_gcc)));
  ways.Add("clang", AddressOf(reinterpret_cast<void (*)()>(by_clang)));
  if (HostTarget() == Target::kX64SystemV) {
    ways.Add("reference", MapReference(signature, address, world));
    if (name == kLongResult) ways.AddUnchecked("bare_frame", MapBareFrame(address, world));
  }
  ways.Add(Way{"libffi", [callee] { CallOftenByFfi(callee, kFfiCalls); }, kFfiCalls});
  ways.Add(Way{"direct", [callee] { CallOften<0>(callee, kCalls); }, kCalls});
  ways.Register();
}

double TimeOf(const Measured& measured, const std::string& name, const std::string& way) {
  return NanosecondsOf(measured, BenchmarkName(name), way);
}

Chart MakeChart(const Measured& measured, const World& world) {
  Chart chart = {"call", "One call", "", "ns", true, world.names, {}};
  for (const char* const way :
       {"direct", "trampoline", "absolute", "far", "clang", "gcc", "reference", "libffi"}) {
    Line line = {way, {}, {}};
    for (const std::string& name : world.names) line.y.push_back(TimeOf(measured, name, way));
    chart.lines.push_back(std::move(line));
  }
  return chart;
}

// Adds how much longer a trampoline takes than the control, of each function and at most: no longer
// but for noise.
void AddRatios(const Measured& measured, const World& world, const std::string& control,
               double noise, Findings& findings) {
  double highest = 0;
  for (const std::string& name : world.names) {
    const double ratio = RatioOf(measured, BenchmarkName(name), "trampoline", control);
    findings.figures.push_back({absl::StrCat("call.", name, ".vs_", control), ratio});
    highest = std::max(highest, ratio);
  }
  findings.figures.push_back(
      {absl::StrCat("call.vs_", control, ".max"), highest, Goal::kAtMost, noise});
}

// How far apart two copies of the same code are: the ratios' noise.
double NoiseOf(const Measured& measured, const World& world) {
  double highest = 1;
  for (const std::string& name : world.names) {
    const double ratio = RatioOf(measured, BenchmarkName(name), "trampoline", "again");
    highest = std::max({highest, ratio, 1 / ratio});
  }
  return highest;
}

void AddFfiSpeedups(const Measured& measured, const World& world, Findings& findings) {
  double lowest = std::numeric_limits<double>::infinity();
  for (const std::string& name : world.names) {
    const double speedup = RatioOf(measured, BenchmarkName(name), "libffi", "trampoline");
    lowest = std::min(lowest, speedup);
    if (name == "two_numbers") {
      findings.figures.push_back({"call.u32_u32.vs_libffi.speedup", speedup, Goal::kAtLeast, 10});
    }
  }
  findings.figures.push_back({"call.vs_libffi.min_speedup", lowest, Goal::kAtLeast, 5});
}

Findings Find(const Measured& measured, const World& world) {
  Findings findings;
  findings.charts.push_back(MakeChart(measured, world));
  const double noise = NoiseOf(measured, world);
  for (const char* const control : {"clang", "gcc", "reference"}) {
    if (std::string(control) == "reference" && HostTarget() != Target::kX64SystemV) {
      findings.notes.emplace_back("the reference's code is for x86-64 System V, and was left out");
      continue;
    }
    AddRatios(measured, world, control, noise, findings);
  }
  findings.figures.push_back({"call.noise.max", noise});
  AddFfiSpeedups(measured, world, findings);
  if (HostTarget() == Target::kX64SystemV) {
    findings.figures.push_back(
        {"call.long_result.vs_bare_frame",
         RatioOf(measured, BenchmarkName(kLongResult), "trampoline", "bare_frame")});
    findings.figures.push_back(
        {"call.bare_frame.vs_libffi.speedup",
         RatioOf(measured, BenchmarkName(kLongResult), "libffi", "bare_frame")});
  }
  findings.figures.push_back({"call.u32_u32.ns", TimeOf(measured, "two_numbers", "trampoline")});
  for (const char* const control : {"direct", "absolute", "far"}) {
    findings.figures.push_back(
        {absl::StrCat("call.u32_u32.vs_", control),
         RatioOf(measured, BenchmarkName("two_numbers"), "trampoline", control)});
  }
  return findings;
}

int Main(int argc, char** argv) {
  if (!HostTarget().has_value()) {
    std::cerr << "call_benchmark: this machine runs no trampolines\n";
    return 1;
  }
  World world;
  const auto add = [&world](const BenchOptions& /*options*/) {
#define ADD_FUNCTION(name, signature, result, parameters, v8_result, v8_parameters) \
  AddFunction(#name, signature, &callee_##name, &gcc_##name, &clang_##name, world);
    CALL_FUNCTIONS(ADD_FUNCTION)
#undef ADD_FUNCTION
  };
  const int exit_code = BenchMain(argc, argv, add, [&world](const Measured& measured, const auto&) {
    return Find(measured, world);
  });
  return world.has_failed ? 1 : exit_code;
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) { return springboard::Main(argc, argv); }
