// Calls through trampolines, and through what else forwards V8's calls to a C function.
//
//   trampoline  as a client links it: with a direct jump where the callee is in reach
//   absolute    the same without relaxation
//   clang, gcc  the forwarding function in C, by both compilers with -O2
//   reference   deno_ffi 0.59.0's instructions; only for x86-64 System V
//   libffi      ffi_call() of the callee
//   direct      the callee, through a plain pointer
//
// All are called from the same loop but the last two, whose types are others.

#include <benchmark/benchmark.h>
#include <ffi.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iostream>
#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/arena/code_arena.h"
#include "client/host_target.h"
#include "client/mapping/mapping_way.h"
#include "client/mapping/relocate.h"
#include "compiler/compile.h"
#include "tests/bench/call_functions.h"
#include "tests/bench/measured.h"
#include "tests/reference/reference_model.h"

namespace springboard {
namespace {

constexpr int kCalls = 1000;

// Arguments.
template <typename T>
T ValueOf() {
  static uint64_t data[4] = {};
  static TypedArray array = {1, data};
  if constexpr (std::is_same_v<T, TypedArray*>) {
    return &array;
  } else if constexpr (std::is_pointer_v<T>) {
    return data;
  } else {
    return T{3};
  }
}

// Of its own for each type, so that what is called is all that differs between two runs of it.
template <typename Result, typename... Args>
__attribute__((noinline, aligned(64))) void CallOften(Result (*function)(Args...)) {
  for (int i = 0; i < kCalls; ++i) {
    benchmark::DoNotOptimize(function);
    if constexpr (std::is_void_v<Result>) {
      function(ValueOf<Args>()...);
    } else {
      benchmark::DoNotOptimize(function(ValueOf<Args>()...));
    }
  }
}

template <typename T>
ffi_type* FfiType() {
  if constexpr (std::is_void_v<T>) return &ffi_type_void;
  if constexpr (std::is_pointer_v<T>) return &ffi_type_pointer;
  if constexpr (std::is_same_v<T, float>) return &ffi_type_float;
  if constexpr (std::is_same_v<T, double>) return &ffi_type_double;
  constexpr bool kIsSigned = std::is_signed_v<T>;
  if constexpr (std::is_integral_v<T>) {
    switch (sizeof(T)) {
      case 1:
        return kIsSigned ? &ffi_type_sint8 : &ffi_type_uint8;
      case 2:
        return kIsSigned ? &ffi_type_sint16 : &ffi_type_uint16;
      case 4:
        return kIsSigned ? &ffi_type_sint32 : &ffi_type_uint32;
      default:
        return kIsSigned ? &ffi_type_sint64 : &ffi_type_uint64;
    }
  }
  return &ffi_type_void;
}

template <typename T>
void* FfiValue() {
  static T value = ValueOf<T>();
  return &value;
}

// As a runtime calls without a trampoline: what can be prepared is.
template <typename Result, typename... Args>
void CallOftenByFfi(Result (*function)(Args...)) {
  static std::array<ffi_type*, sizeof...(Args) + 1> types = {FfiType<Args>()..., nullptr};
  static std::array<void*, sizeof...(Args) + 1> values = {FfiValue<Args>()..., nullptr};
  static ffi_cif cif = [] {
    ffi_cif prepared;
    ffi_prep_cif(&prepared, FFI_DEFAULT_ABI, sizeof...(Args), FfiType<Result>(), types.data());
    return prepared;
  }();
  for (int i = 0; i < kCalls; ++i) {
    ffi_arg result[2];
    ffi_call(&cif, reinterpret_cast<void (*)()>(function), result, values.data());
    benchmark::DoNotOptimize(result);
  }
}

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

const void* MapReference(const Signature& signature, const void* callee, World& world) {
  ReferenceCode reference = CompileAsReference(signature, Target::kX64SystemV);
  Relocate(reference.code.data(), reference.code.size(), reference.callee_offset_bytes,
           reinterpret_cast<uintptr_t>(callee));
  ReservedRegion mapped = MapCode(reference.code.data(), reference.code.size());
  auto* const region = std::get_if<std::unique_ptr<CodeRegion>>(&mapped);
  if (region == nullptr) {
    std::cerr << "the reference's code cannot be mapped\n";
    world.has_failed = true;
    return nullptr;
  }
  world.regions.push_back(std::move(*region));
  return world.regions.back()->address();
}

template <typename Function>
void AddWay(const std::string& name, const char* way, Function* function,
            void (*call_often)(Function*)) {
  benchmark::RegisterBenchmark(absl::StrCat("call/", name, "/", way).c_str(),
                               [=](benchmark::State& state) {
                                 for (auto _ : state) call_often(function);
                               });
}

// Of one function: Callee and Forwarder are its types for C and for V8.
template <typename Callee, typename Forwarder>
void AddFunction(const std::string& name, const char* text, Callee* callee, Forwarder* by_gcc,
                 Forwarder* by_clang, World& world) {
  const Signature signature = *Signature::Parse(text);
  const void* const address = AddressOf(reinterpret_cast<void (*)()>(callee));
  const auto add = [&](const char* way, const void* entry) {
    if (entry == nullptr) return;
    AddWay<Forwarder>(name, way, reinterpret_cast<Forwarder*>(reinterpret_cast<uintptr_t>(entry)),
                      [](Forwarder* function) { CallOften(function); });
  };
  world.names.push_back(name);
  add("trampoline", Link(signature, address, /*relaxes=*/true, world));
  add("absolute", Link(signature, address, /*relaxes=*/false, world));
  add("gcc", AddressOf(reinterpret_cast<void (*)()>(by_gcc)));
  add("clang", AddressOf(reinterpret_cast<void (*)()>(by_clang)));
  if (HostTarget() == Target::kX64SystemV)
    add("reference", MapReference(signature, address, world));
  AddWay<Callee>(name, "libffi", callee, [](Callee* function) { CallOftenByFfi(function); });
  AddWay<Callee>(name, "direct", callee, [](Callee* function) { CallOften(function); });
}

// Nanoseconds of a call; nothing if it was not measured.
double TimeOf(const Measured& measured, const std::string& name, const std::string& way) {
  const auto found = measured.find(absl::StrCat("call/", name, "/", way));
  return found == measured.end() ? std::numeric_limits<double>::quiet_NaN()
                                 : found->second.Median() / kCalls;
}

Findings Find(const Measured& measured, const World& world) {
  Findings findings;
  Chart chart = {"call", "One call", "", "ns", true, world.names, {}};
  for (const char* const way :
       {"direct", "trampoline", "absolute", "clang", "gcc", "reference", "libffi"}) {
    Line line = {way, {}, {}};
    for (const std::string& name : world.names) line.y.push_back(TimeOf(measured, name, way));
    chart.lines.push_back(std::move(line));
  }
  findings.charts.push_back(chart);
  for (const char* const way : {"clang", "gcc", "reference"}) {
    double highest = 0;
    for (const std::string& name : world.names) {
      const double ratio = TimeOf(measured, name, "trampoline") / TimeOf(measured, name, way);
      findings.figures.push_back({absl::StrCat("call.", name, ".vs_", way), ratio});
      highest = std::max(highest, ratio);
    }
    findings.figures.push_back(
        {absl::StrCat("call.vs_", way, ".max"), highest, Goal::kAtMost, 1.0});
  }
  double lowest = std::numeric_limits<double>::infinity();
  for (const std::string& name : world.names) {
    const double speedup = TimeOf(measured, name, "libffi") / TimeOf(measured, name, "trampoline");
    lowest = std::min(lowest, speedup);
    if (name == "two_numbers") {
      findings.figures.push_back({"call.u32_u32.vs_libffi.speedup", speedup, Goal::kAtLeast, 10});
    }
  }
  findings.figures.push_back({"call.vs_libffi.min_speedup", lowest, Goal::kAtLeast, 5});
  findings.figures.push_back({"call.u32_u32.ns", TimeOf(measured, "two_numbers", "trampoline")});
  findings.figures.push_back(
      {"call.u32_u32.vs_direct",
       TimeOf(measured, "two_numbers", "trampoline") / TimeOf(measured, "two_numbers", "direct")});
  findings.figures.push_back(
      {"call.u32_u32.vs_absolute", TimeOf(measured, "two_numbers", "trampoline") /
                                       TimeOf(measured, "two_numbers", "absolute")});
  if (HostTarget() != Target::kX64SystemV) {
    findings.notes.emplace_back("the reference's code is for x86-64 System V, and was left out");
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
