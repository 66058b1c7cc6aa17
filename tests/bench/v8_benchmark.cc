// Calls of C functions from optimised JavaScript, in a real V8.
//
//   trampoline    a fast call, to the trampoline of the function
//   native_fast   a fast call, to a function written for V8's fast calls: it needs no trampoline
//   forwarder     a fast call, to a C++ function that was written to call this function: the least
//                 that reaches a function which was not written for V8
//   slow          a slow callback for functions of any signature, which calls by libffi: what a
//                 program that learns of functions as it runs has without trampolines
//   hand_written  a slow callback for this function alone, which checks nothing
//
// Each way has a loop of its own, since TurboFan makes a fast call only to a function that it
// knows. That all of them are optimised, and that no fast call was made slowly, is checked.
//
// How a loop's instructions fall into the groups that the processor takes at once can make more of
// a difference than what is measured: one no-operation in front of an addition has cost as much as
// a jump to it, 0.9 ns in a loop of 3.0, and eleven have cost nothing. So each function exists
// several times, shifted by more and more of them, for all ways alike; a fast way's time is the
// mean.

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

// As many as there are of each function.
constexpr int kShifts = 16;

// Entering JavaScript takes about as long as ten fast calls.
constexpr int kFastCalls = 1000;
constexpr int kSlowCalls = 500;

template <int kShift>
void Shift() {
  asm volatile(".rept %c0\n\tnop\n\t.endr" : : "i"(kShift));
}

// What is called, and the same as one writes it for V8's fast calls.

template <int kShift>
struct Nothing {
  static void Callee() { Shift<kShift>(); }
  static void Native(void* /*receiver*/) { Shift<kShift>(); }
};

template <int kShift>
struct TwoNumbers {
  static uint32_t Callee(uint32_t a, uint32_t b) {
    Shift<kShift>();
    return a + b;
  }
  static uint32_t Native(void* /*receiver*/, uint32_t a, uint32_t b) { return Callee(a, b); }
};

template <int kShift>
struct TwoFloats {
  static double Callee(double a, double b) {
    Shift<kShift>();
    return a + b;
  }
  static double Native(void* /*receiver*/, double a, double b) { return Callee(a, b); }
};

template <int kShift>
struct Narrow {
  static int8_t Callee(int8_t a, uint16_t b) {
    Shift<kShift>();
    return static_cast<int8_t>(a + b);
  }
  static int32_t Native(void* /*receiver*/, int32_t a, uint32_t b) {
    Shift<kShift>();
    return static_cast<int8_t>(static_cast<uint32_t>(a) + b);
  }
};

template <int kShift>
struct Buffer {
  static int32_t Callee(void* a, int32_t b) {
    Shift<kShift>();
    return b + (a != nullptr ? 1 : 0);
  }
  static int32_t Native(void* /*receiver*/, TypedArray* a, int32_t b) { return Callee(a->data, b); }
};

template <int kShift>
struct LongSum {
  static uint64_t Callee(uint64_t a, uint64_t b) {
    Shift<kShift>();
    return a + b;
  }
  static void Native(void* /*receiver*/, uint64_t a, uint64_t b, TypedArray* out) {
    *static_cast<uint64_t*>(out->data) = Callee(a, b);
  }
};

// As V8 passes it, and what the callee takes of it.
template <typename T>
struct FastOf {
  using Type = T;
};
template <>
struct FastOf<int8_t> {
  using Type = int32_t;
};
template <>
struct FastOf<uint16_t> {
  using Type = uint32_t;
};
template <>
struct FastOf<void*> {
  using Type = TypedArray*;
};
template <typename T>
using Fast = typename FastOf<T>::Type;

template <typename T>
T FromFast(Fast<T> value) {
  if constexpr (std::is_pointer_v<T>) {
    return value->data;
  } else {
    return static_cast<T>(value);
  }
}

// Loads the callee's address from memory, as code does that is not linked with it.
template <auto kCallee>
struct Forwarder;

template <typename Result, typename... Args, Result (*kCallee)(Args...)>
struct Forwarder<kCallee> {
  static constexpr bool kHasOutArray = std::is_same_v<Result, uint64_t>;

  static Fast<Result> Call(void* /*receiver*/, Fast<Args>... args) {
    return callee(FromFast<Args>(args)...);
  }
  static void CallAndStore(void* /*receiver*/, Fast<Args>... args, TypedArray* out) {
    *static_cast<Result*>(out->data) = callee(FromFast<Args>(args)...);
  }

  static inline Result (*volatile callee)(Args...) = kCallee;
};

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

template <typename Result, typename... Args>
const void* AddressOf(Result (*function)(Args...)) {
  return reinterpret_cast<const void*>(function);
}

template <auto kCallee>
const void* AddressOfForwarder() {
  using For = Forwarder<kCallee>;
  if constexpr (For::kHasOutArray) {
    return AddressOf(&For::CallAndStore);
  } else {
    return AddressOf(&For::Call);
  }
}

struct Shifted {
  const void* callee;
  const void* native;
  const void* forwarder;
};

struct Function {
  const char* name;
  const char* signature;
  const char* arguments;  // In JavaScript, where `array` is an Int32Array.
  std::vector<Shifted> shifted;
  v8::FunctionCallback hand_written;
};

template <template <int> class Made, int... kShift>
Function MakeFunction(const char* name, const char* signature, const char* arguments,
                      std::integer_sequence<int, kShift...> /*shifts*/) {
  return {name,
          signature,
          arguments,
          {Shifted{AddressOf(&Made<kShift>::Callee), AddressOf(&Made<kShift>::Native),
                   AddressOfForwarder<&Made<kShift>::Callee>()}...},
          &HandWritten<&Made<0>::Callee>};
}

std::vector<Function> AllFunctions() {
  constexpr std::make_integer_sequence<int, kShifts> kAll;
  return {
      MakeFunction<Nothing>("nothing", "void()", "", kAll),
      MakeFunction<TwoNumbers>("two_numbers", "u32(u32,u32)", "3, 4", kAll),
      MakeFunction<TwoFloats>("two_floats", "f64(f64,f64)", "1.5, 2.5", kAll),
      MakeFunction<Narrow>("narrow", "i8(i8,u16)", "-3, 300", kAll),
      MakeFunction<Buffer>("buffer", "i32(buffer,i32)", "array, 4", kAll),
      MakeFunction<LongSum>("long_sum", "u64(u64,u64)", "3, 4, array", kAll),
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
  struct WayLoops {
    std::string way;
    int calls;  // In a turn of each loop.
    std::vector<std::unique_ptr<Loop>> loops;
  };
  std::vector<std::vector<WayLoops>> ways;  // Of each function.
};

absl::StatusOr<LinkedFunction> Link(CodeArena& arena, const Function& function,
                                    const void* callee) {
  const Signature signature = *Signature::Parse(function.signature);
  const absl::StatusOr<Trampoline> compiled = Compile({signature, *HostTarget()});
  if (!compiled.ok()) return compiled.status();
  absl::StatusOr<BoundTrampoline> bound = arena.Link(signature, *compiled, callee);
  if (!bound.ok()) return bound.status();
  return LinkedFunction{function.name, signature, MakeFastApiTemplate(signature), callee,
                        *std::move(bound)};
}

// The template of the function's fast call, as a server tells it.
v1::FastApiTemplate TemplateOf(const LinkedFunction& linked) {
  v1::Trampoline message;
  ToProto(*Compile({linked.signature, *HostTarget()}), linked.signature, &message);
  return message.fast_api();
}

absl::Status AddLoop(World& world, const Function& function, World::WayLoops& loops,
                     v8::MaybeLocal<v8::Function> made) {
  v8::Local<v8::Function> called;
  if (!made.ToLocal(&called)) {
    return absl::InternalError(absl::StrCat("V8 cannot call ", function.name, " by ", loops.way));
  }
  const std::string name = absl::StrCat(function.name, "_", loops.way, "_", loops.loops.size());
  absl::StatusOr<std::unique_ptr<Loop>> loop =
      Loop::Make(world.engine, name, function.arguments, called);
  if (!loop.ok()) return loop.status();
  loops.loops.push_back(*std::move(loop));
  return absl::OkStatus();
}

// Those of each shift lie next to each other, in memory too.
absl::Status AddFastLoops(World& world, const Function& function,
                          std::vector<World::WayLoops>& ways) {
  World::WayLoops trampoline = {"trampoline", kFastCalls, {}};
  World::WayLoops native = {"native_fast", kFastCalls, {}};
  World::WayLoops forwarder = {"forwarder", kFastCalls, {}};
  for (const Shifted& shifted : function.shifted) {
    absl::StatusOr<LinkedFunction> linked = Link(world.arena, function, shifted.callee);
    if (!linked.ok()) return linked.status();
    const LinkedFunction& kept = world.linked.emplace_back(*std::move(linked));
    const v1::FastApiTemplate fast_api = TemplateOf(kept);
    const auto add = [&](World::WayLoops& loops, const void* entry) {
      return AddLoop(world, function, loops,
                     world.engine.MakeFunction(fast_api, entry, {v8::CTypeInfo::Type::kInt32}));
    };
    absl::Status added = add(trampoline, kept.trampoline.entry());
    if (added.ok()) added = add(native, shifted.native);
    if (added.ok()) added = add(forwarder, shifted.forwarder);
    if (!added.ok()) return added;
  }
  for (World::WayLoops* const way : {&trampoline, &native, &forwarder}) {
    ways.push_back(std::move(*way));
  }
  return absl::OkStatus();
}

absl::Status AddLoops(World& world, const Function& function) {
  const v8::HandleScope scope(world.engine.isolate());
  const v8::Local<v8::Context> context = world.engine.context();
  std::vector<World::WayLoops>& ways = world.ways.emplace_back();
  absl::Status added = AddFastLoops(world, function, ways);
  if (!added.ok()) return added;
  const auto slow_call = v8::External::New(world.engine.isolate(),
                                           &world.slow_calls.emplace_back(world.linked.back()));
  World::WayLoops slow = {"slow", kSlowCalls, {}};
  World::WayLoops by_hand = {"hand_written", kSlowCalls, {}};
  added =
      AddLoop(world, function, slow, v8::Function::New(context, &SlowCall::Callback, slow_call));
  if (added.ok()) {
    added = AddLoop(world, function, by_hand, v8::Function::New(context, function.hand_written));
  }
  if (!added.ok()) return added;
  ways.push_back(std::move(slow));
  ways.push_back(std::move(by_hand));
  return absl::OkStatus();
}

// Of loops that have run: they are optimised, and do the same.
absl::Status Check(const World& world, const std::vector<Function>& functions) {
  for (size_t i = 0; i < functions.size(); ++i) {
    const std::string expected = world.ways[i].front().loops.front()->Result();
    for (const World::WayLoops& way : world.ways[i]) {
      for (const std::unique_ptr<Loop>& loop : way.loops) {
        const std::string result = loop->Result();
        if (result == expected && result != kNotOptimised) continue;
        return absl::InternalError(absl::StrCat(functions[i].name, " by ", way.way, ": ", result,
                                                "; by trampoline: ", expected));
      }
    }
  }
  return absl::OkStatus();
}

std::string BenchmarkName(const Function& function) { return absl::StrCat("v8/", function.name); }

// Google Benchmark keeps what is added longer than V8 lives.
void AddBenchmark(const Function& function, const std::vector<World::WayLoops>& all) {
  std::vector<Way> ways;
  for (const World::WayLoops& way : all) {
    std::vector<const Loop*> loops;
    for (const std::unique_ptr<Loop>& loop : way.loops) loops.push_back(loop.get());
    const int calls = way.calls;
    const int count = calls * static_cast<int>(loops.size());
    ways.push_back({way.way,
                    [loops = std::move(loops), calls] {
                      for (const Loop* const loop : loops) loop->Run(calls);
                    },
                    count});
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
  for (const char* const way : {"native_fast", "forwarder", "trampoline", "hand_written", "slow"}) {
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
  const double forwarder = add("trampoline", "forwarder", "vs_forwarder").back();
  findings.figures.push_back({"v8.vs_slow.min_speedup", slow, Goal::kAtLeast, 5});
  findings.figures.push_back({"v8.vs_hand_written.min_speedup", by_hand});
  findings.figures.push_back({"v8.vs_native_fast.max", native, Goal::kAtMost, 1.15});
  findings.figures.push_back({"v8.vs_forwarder.max", forwarder});
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
        for (size_t i = 0; i < functions.size(); ++i) AddBenchmark(functions[i], world.ways[i]);
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
