// Calls of C functions from optimised JavaScript, in a real V8.
//
//   trampoline    a fast call, to the trampoline of the function
//   native_fast   a fast call, to a function written for V8's fast calls: it needs no trampoline
//   slow          a slow callback for functions of any signature, which calls by libffi: what a
//                 program that learns of functions as it runs has without trampolines
//   hand_written  a slow callback for this function alone, which checks nothing
//
// Each way has a loop of its own, since TurboFan makes a fast call only to a function that it
// knows. That all of them are optimised, and that no fast call was made slowly, is checked.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iostream>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/substitute.h"
#include "client/arena/code_arena.h"
#include "client/host_target.h"
#include "client/linked_library.h"
#include "compiler/compile.h"
#include "compiler/fast_api.h"
#include "examples/v8/slow_call.h"
#include "proto/conversion.h"
#include "tests/bench/call_functions.h"
#include "tests/bench/measured.h"
#include "tests/bench/turns.h"
#include "tests/conformance/v8_caller/engine.h"

namespace springboard {
namespace {

// Entering JavaScript takes about as long as ten fast calls.
constexpr int kFastCalls = 4000;
constexpr int kSlowCalls = 500;

// The functions of call_functions.h as one writes them for V8's fast calls.

void NativeNothing(void* /*receiver*/) {}

uint32_t NativeTwoNumbers(void* /*receiver*/, uint32_t a, uint32_t b) { return a + b; }

double NativeTwoFloats(void* /*receiver*/, double a, double b) { return a + b; }

int32_t NativeNarrow(void* /*receiver*/, int32_t a, uint32_t b) {
  return static_cast<int8_t>(static_cast<uint32_t>(a) + b);
}

int32_t NativeBuffer(void* /*receiver*/, TypedArray* a, int32_t b) {
  return b + (a->data != nullptr ? 1 : 0);
}

void NativeLongSum(void* /*receiver*/, uint64_t a, uint64_t b, TypedArray* out) {
  *static_cast<uint64_t*>(out->data) = a + b;
}

void* DataOf(v8::Local<v8::Value> value) {
  const auto view = value.As<v8::ArrayBufferView>();
  return static_cast<uint8_t*>(view->Buffer()->Data()) + view->ByteOffset();
}

template <typename T>
T FromV8(v8::Local<v8::Value> value) {
  if constexpr (std::is_pointer_v<T>) {
    return DataOf(value);
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(value.As<v8::Number>()->Value());
  } else {
    return static_cast<T>(value.As<v8::Integer>()->Value());
  }
}

template <typename Result, typename... Args, size_t... kIndexes>
void CallByHand(Result (*callee)(Args...), const v8::FunctionCallbackInfo<v8::Value>& info,
                std::index_sequence<kIndexes...> /*indexes*/) {
  if constexpr (std::is_void_v<Result>) {
    callee(FromV8<Args>(info[kIndexes])...);
  } else if constexpr (std::is_same_v<Result, double>) {
    info.GetReturnValue().Set(callee(FromV8<Args>(info[kIndexes])...));
  } else if constexpr (sizeof(Result) == 8) {
    *static_cast<Result*>(DataOf(info[sizeof...(Args)])) = callee(FromV8<Args>(info[kIndexes])...);
  } else {
    using Promoted = std::conditional_t<std::is_signed_v<Result>, int32_t, uint32_t>;
    info.GetReturnValue().Set(Promoted{callee(FromV8<Args>(info[kIndexes])...)});
  }
}

template <typename Result, typename... Args>
void CallByHand(Result (*callee)(Args...), const v8::FunctionCallbackInfo<v8::Value>& info) {
  CallByHand(callee, info, std::index_sequence_for<Args...>());
}

template <auto kCallee>
void HandWritten(const v8::FunctionCallbackInfo<v8::Value>& info) {
  CallByHand(kCallee, info);
}

const void* AddressOf(void (*function)()) { return reinterpret_cast<const void*>(function); }

struct Function {
  const char* name;
  const char* signature;
  const char* arguments;  // In JavaScript, where `array` is an Int32Array.
  const void* callee;
  const void* native;
  v8::FunctionCallback hand_written;
};

template <auto kCallee, typename Native>
Function MakeFunction(const char* name, const char* signature, const char* arguments,
                      Native* native) {
  return {name,
          signature,
          arguments,
          AddressOf(reinterpret_cast<void (*)()>(kCallee)),
          AddressOf(reinterpret_cast<void (*)()>(native)),
          &HandWritten<kCallee>};
}

std::vector<Function> AllFunctions() {
  return {
      MakeFunction<&callee_nothing>("nothing", "void()", "", &NativeNothing),
      MakeFunction<&callee_two_numbers>("two_numbers", "u32(u32,u32)", "3, 4", &NativeTwoNumbers),
      MakeFunction<&callee_two_floats>("two_floats", "f64(f64,f64)", "1.5, 2.5", &NativeTwoFloats),
      MakeFunction<&callee_narrow>("narrow", "i8(i8,u16)", "-3, 300", &NativeNarrow),
      MakeFunction<&callee_buffer>("buffer", "i32(buffer,i32)", "array, 4", &NativeBuffer),
      MakeFunction<&callee_long_sum>("long_sum", "u64(u64,u64)", "3, 4, array", &NativeLongSum),
  };
}

// Two functions in JavaScript: one makes `count` calls, the other gives what came of it and whether
// the first is optimised. Their text is another for each loop, so that V8 does not share what it
// has learned.
constexpr char kLoop[] = R"((function(call) {
  const array = new Int32Array(new ArrayBuffer(8));
  let result;
  function $0(count) {
    let last;
    for (let i = 0; i < count; ++i) last = call($1);
    result = last;
  }
  %PrepareFunctionForOptimization($0);
  $0(100);
  $0(100);
  %OptimizeFunctionOnNextCall($0);
  $0(100);
  const kTurboFanned = 1 << 6;
  return [$0, () => (%GetOptimizationStatus($0) & kTurboFanned) == 0 ? "$2" : result + " " + array];
}))";
constexpr absl::string_view kNotOptimised = "not optimised";

// A loop that calls one function in one way.
class Loop {
 public:
  static absl::StatusOr<std::unique_ptr<Loop>> Make(Engine& engine, const std::string& name,
                                                    const std::string& arguments,
                                                    v8::Local<v8::Function> called) {
    std::string error;
    v8::Local<v8::Value> make;
    v8::Local<v8::Value> made;
    v8::Local<v8::Value> argument = called;
    if (!engine.Evaluate(absl::Substitute(kLoop, name, arguments, kNotOptimised), &error)
             .ToLocal(&make) ||
        !make.As<v8::Function>()
             ->Call(engine.context(), v8::Undefined(engine.isolate()), 1, &argument)
             .ToLocal(&made)) {
      return absl::InternalError(absl::StrCat(name, ": ", error));
    }
    auto loop = std::make_unique<Loop>(&engine);
    const auto functions = made.As<v8::Array>();
    loop->loop_.Reset(engine.isolate(),
                      functions->Get(engine.context(), 0).ToLocalChecked().As<v8::Function>());
    loop->result_.Reset(engine.isolate(),
                        functions->Get(engine.context(), 1).ToLocalChecked().As<v8::Function>());
    return loop;
  }

  explicit Loop(Engine* engine) : engine_(engine) {}

  void Run(int count) const {
    const v8::HandleScope scope(engine_->isolate());
    v8::Local<v8::Value> argument = v8::Integer::New(engine_->isolate(), count);
    loop_.Get(engine_->isolate())
        ->Call(engine_->context(), v8::Undefined(engine_->isolate()), 1, &argument)
        .ToLocalChecked();
  }

  // What the last run came to; the same for all ways of one function.
  std::string Result() const {
    const v8::HandleScope scope(engine_->isolate());
    const v8::Local<v8::Value> result =
        result_.Get(engine_->isolate())
            ->Call(engine_->context(), v8::Undefined(engine_->isolate()), 0, nullptr)
            .ToLocalChecked();
    return *v8::String::Utf8Value(engine_->isolate(), result);
  }

 private:
  Engine* const engine_;
  v8::Global<v8::Function> loop_;
  v8::Global<v8::Function> result_;
};

// What lives as long as the benchmarks.
struct World {
  explicit World(CodeArena code_arena) : arena(std::move(code_arena)) {}

  CodeArena arena;
  Engine engine;
  std::deque<LinkedFunction> linked;
  std::deque<SlowCall> slow_calls;
  struct WayLoop {
    std::string way;
    int calls_in_turn;
    std::unique_ptr<Loop> loop;
  };
  std::vector<std::vector<WayLoop>> loops;  // Of each function.
};

absl::StatusOr<LinkedFunction> Link(CodeArena& arena, const Function& function) {
  const Signature signature = *Signature::Parse(function.signature);
  const absl::StatusOr<Trampoline> compiled = Compile({signature, *HostTarget()});
  if (!compiled.ok()) return compiled.status();
  absl::StatusOr<BoundTrampoline> bound = arena.Link(signature, *compiled, function.callee);
  if (!bound.ok()) return bound.status();
  return LinkedFunction{function.name, signature, MakeFastApiTemplate(signature), function.callee,
                        *std::move(bound)};
}

// The template of the function's fast call, as a server tells it.
v1::FastApiTemplate TemplateOf(const LinkedFunction& linked) {
  v1::Trampoline message;
  ToProto(*Compile({linked.signature, *HostTarget()}), linked.signature, &message);
  return message.fast_api();
}

absl::Status AddLoops(World& world, const Function& function) {
  const v8::HandleScope scope(world.engine.isolate());
  const v8::Local<v8::Context> context = world.engine.context();
  absl::StatusOr<LinkedFunction> linked = Link(world.arena, function);
  if (!linked.ok()) return linked.status();
  const LinkedFunction& kept = world.linked.emplace_back(*std::move(linked));
  const v1::FastApiTemplate fast_api = TemplateOf(kept);
  const auto make_fast = [&](const void* entry) {
    return world.engine.MakeFunction(fast_api, entry, {v8::CTypeInfo::Type::kInt32});
  };
  const auto slow_call =
      v8::External::New(world.engine.isolate(), &world.slow_calls.emplace_back(kept));
  const struct {
    const char* way;
    int calls_in_turn;
    v8::MaybeLocal<v8::Function> called;
  } ways[] = {
      {"trampoline", kFastCalls, make_fast(kept.trampoline.entry())},
      {"native_fast", kFastCalls, make_fast(function.native)},
      {"slow", kSlowCalls, v8::Function::New(context, &SlowCall::Callback, slow_call)},
      {"hand_written", kSlowCalls, v8::Function::New(context, function.hand_written)},
  };
  std::vector<World::WayLoop>& loops = world.loops.emplace_back();
  for (const auto& way : ways) {
    v8::Local<v8::Function> called;
    if (!way.called.ToLocal(&called)) {
      return absl::InternalError(absl::StrCat("V8 cannot call ", function.name, " by ", way.way));
    }
    absl::StatusOr<std::unique_ptr<Loop>> loop = Loop::Make(
        world.engine, absl::StrCat(function.name, "_", way.way), function.arguments, called);
    if (!loop.ok()) return loop.status();
    loops.push_back({way.way, way.calls_in_turn, *std::move(loop)});
  }
  return absl::OkStatus();
}

// Of loops that have run: they are optimised, and do the same.
absl::Status Check(const World& world, const std::vector<Function>& functions) {
  for (size_t i = 0; i < functions.size(); ++i) {
    const std::string expected = world.loops[i].front().loop->Result();
    for (const World::WayLoop& way : world.loops[i]) {
      const std::string result = way.loop->Result();
      if (result == expected && result != kNotOptimised) continue;
      return absl::InternalError(absl::StrCat(functions[i].name, " by ", way.way, ": ", result,
                                              "; by trampoline: ", expected));
    }
  }
  return absl::OkStatus();
}

std::string BenchmarkName(const Function& function) { return absl::StrCat("v8/", function.name); }

void AddBenchmark(const Function& function, const std::vector<World::WayLoop>& loops) {
  std::vector<Way> ways;
  for (const World::WayLoop& way : loops) {
    // Google Benchmark keeps it longer than V8 lives.
    const Loop* const loop = way.loop.get();
    const int calls = way.calls_in_turn;
    ways.push_back({way.way, [=] { loop->Run(calls); }, calls});
  }
  AddTurns(BenchmarkName(function), std::move(ways));
}

// Of each function, into the figures; ascending.
std::vector<double> AddRatios(const Measured& measured, const std::vector<Function>& functions,
                              const std::string& way, const std::string& control,
                              const std::string& figure, Findings& findings) {
  std::vector<double> ratios;
  for (const Function& function : functions) {
    ratios.push_back(RatioOf(measured, BenchmarkName(function), way, control));
    findings.figures.push_back({absl::StrCat("v8.", function.name, ".", figure), ratios.back()});
  }
  std::sort(ratios.begin(), ratios.end());
  return ratios;
}

Findings Find(const Measured& measured, const std::vector<Function>& functions) {
  Findings findings;
  Chart chart = {"v8", "One call from JavaScript", "", "ns", true, {}, {}};
  for (const Function& function : functions) chart.bars.emplace_back(function.signature);
  for (const char* const way : {"native_fast", "trampoline", "hand_written", "slow"}) {
    Line line = {way, {}, {}};
    for (const Function& function : functions) {
      line.y.push_back(NanosecondsOf(measured, BenchmarkName(function), way));
    }
    chart.lines.push_back(std::move(line));
  }
  findings.charts.push_back(std::move(chart));
  const auto add = [&](const char* way, const char* control, const char* figure) {
    return AddRatios(measured, functions, way, control, figure, findings);
  };
  const double slow = add("slow", "trampoline", "vs_slow.speedup").front();
  const double by_hand = add("hand_written", "trampoline", "vs_hand_written.speedup").front();
  const double native = add("trampoline", "native_fast", "vs_native_fast").back();
  findings.figures.push_back({"v8.vs_slow.min_speedup", slow, Goal::kAtLeast, 5});
  findings.figures.push_back({"v8.vs_hand_written.min_speedup", by_hand});
  findings.figures.push_back({"v8.vs_native_fast.max", native, Goal::kAtMost, 1.15});
  return findings;
}

absl::StatusOr<int> Run(int argc, char** argv) {
  absl::StatusOr<CodeArena> arena = CodeArena::Create();
  if (!arena.ok()) return arena.status();
  World world(*std::move(arena));
  const v8::HandleScope scope(world.engine.isolate());
  const std::vector<Function> functions = AllFunctions();
  for (const Function& function : functions) {
    const absl::Status added = AddLoops(world, function);
    if (!added.ok()) return added;
  }
  absl::Status checked = Check(world, functions);
  if (!checked.ok()) return checked;
  const int slow_calls = world.engine.slow_calls();
  const int exit_code = BenchMain(
      argc, argv,
      [&](const BenchOptions& /*options*/) {
        for (size_t i = 0; i < functions.size(); ++i) AddBenchmark(functions[i], world.loops[i]);
      },
      [&](const Measured& measured, const BenchOptions& /*options*/) {
        return Find(measured, functions);
      });
  checked = Check(world, functions);
  if (!checked.ok()) return checked;
  if (world.engine.slow_calls() != slow_calls) {
    return absl::InternalError("V8 made fast calls slowly");
  }
  return exit_code;
}

int Main(int argc, char** argv) {
  if (HostTarget() != Target::kX64SystemV) {
    std::cerr << "v8_benchmark: V8 is unpacked for x86-64 Linux only\n";
    return 1;
  }
  const absl::StatusOr<int> exit_code = Run(argc, argv);
  if (exit_code.ok()) return *exit_code;
  std::cerr << "v8_benchmark: " << exit_code.status() << "\n";
  return 1;
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) { return springboard::Main(argc, argv); }
