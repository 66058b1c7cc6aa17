#ifndef SPRINGBOARD_EXAMPLES_V8_FAST_CALL_H_
#define SPRINGBOARD_EXAMPLES_V8_FAST_CALL_H_

#include <v8-fast-api-calls.h>

#include <vector>

#include "client/linked_library.h"

namespace springboard {

// What V8 has to know of a trampoline to call it from optimised code. V8 keeps pointers to it: it
// stays where it is as long as the isolate.
class FastCall {
 public:
  explicit FastCall(const LinkedFunction& function);
  FastCall(const FastCall&) = delete;
  FastCall& operator=(const FastCall&) = delete;

  // For v8::FunctionTemplate::New().
  const v8::CFunction* function() const { return &function_; }

 private:
  const std::vector<v8::CTypeInfo> arguments_;
  const v8::CFunctionInfo info_;
  const v8::CFunction function_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_EXAMPLES_V8_FAST_CALL_H_
