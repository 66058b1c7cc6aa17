#ifndef SPRINGBOARD_EXAMPLES_V8_DLOPEN_H_
#define SPRINGBOARD_EXAMPLES_V8_DLOPEN_H_

#include <v8.h>

#include <deque>
#include <memory>

#include "client/client.h"
#include "examples/v8/fast_call.h"
#include "examples/v8/slow_call.h"

namespace springboard {

// JavaScript's dlopen(library, symbols), as Deno has it, of a table like
//   {pow: {parameters: ["f64", "f64"], result: "f64"}, cube: {..., name: "cbrt", optional: true}}
// which gives an object of functions. Outlives the isolate.
class Dlopen {
 public:
  // `client` outlives it.
  explicit Dlopen(Client* client) : client_(client) {}
  Dlopen(const Dlopen&) = delete;
  Dlopen& operator=(const Dlopen&) = delete;

  // Makes `dlopen` a function of the context, and `slowCalls`, which gives how many calls of all
  // functions did not go through a trampoline.
  void Install(v8::Local<v8::Context> context);

 private:
  struct Function {
    explicit Function(const LinkedFunction& function) : fast(function), slow(function) {}
    FastCall fast;
    SlowCall slow;
  };

  static void Open(const v8::FunctionCallbackInfo<v8::Value>& info);
  static void CountSlowCalls(const v8::FunctionCallbackInfo<v8::Value>& info);

  v8::MaybeLocal<v8::Value> MakeFunction(v8::Local<v8::Context> context,
                                         const LinkedFunction& function);

  Client* const client_;
  std::deque<LinkedLibrary> libraries_;
  std::deque<Function> functions_;  // V8 keeps pointers to them.
};

}  // namespace springboard

#endif  // SPRINGBOARD_EXAMPLES_V8_DLOPEN_H_
