#ifndef SPRINGBOARD_TESTS_CONFORMANCE_V8_CALLER_ENGINE_H_
#define SPRINGBOARD_TESTS_CONFORMANCE_V8_CALLER_ENGINE_H_

#include <libplatform/libplatform.h>
#include <v8-fast-api-calls.h>
#include <v8.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "springboard/v1/types.pb.h"

namespace springboard {

// V8 with one context, for one thread. One per process.
class Engine {
 public:
  Engine();
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  v8::Isolate* isolate() const { return isolate_; }
  v8::Local<v8::Context> context() const { return context_.Get(isolate_); }

  // A JavaScript function whose fast call goes to `entry`, as the template has it. Its slow call,
  // which V8 makes whenever the fast one is impossible, is counted and returns undefined. The
  // template's typed arrays are of `array_types`, in their order: this V8 has fast calls for typed
  // arrays of 32 and 64 bits only, and none for the template's Uint8. The engine keeps what V8
  // needs. Nothing if the template has a type that this V8 lacks.
  v8::MaybeLocal<v8::Function> MakeFunction(const v1::FastApiTemplate& fast_api, const void* entry,
                                            const std::vector<v8::CTypeInfo::Type>& array_types);

  // Since the engine was made.
  int slow_calls() const { return slow_calls_; }

  // Runs a script, and returns its value; nothing after an exception, whose text is in *error.
  v8::MaybeLocal<v8::Value> Evaluate(const std::string& source, std::string* error);

 private:
  struct FastFunction;

  static void CallSlowly(const v8::FunctionCallbackInfo<v8::Value>& info);

  std::unique_ptr<v8::Platform> platform_;
  std::unique_ptr<v8::ArrayBuffer::Allocator> allocator_;
  v8::Isolate* isolate_ = nullptr;
  v8::Global<v8::Context> context_;
  int slow_calls_ = 0;
  std::deque<FastFunction> functions_;  // V8 keeps pointers to them.
};

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CONFORMANCE_V8_CALLER_ENGINE_H_
