#ifndef SPRINGBOARD_EXAMPLES_V8_SLOW_CALL_H_
#define SPRINGBOARD_EXAMPLES_V8_SLOW_CALL_H_

#include <ffi.h>
#include <v8.h>

#include <cstdint>
#include <vector>

#include "client/linked_library.h"

namespace springboard {

// The call that V8 makes of a function while the code that calls it is not optimised: by libffi,
// without the trampoline.
class SlowCall {
 public:
  explicit SlowCall(const LinkedFunction& function);
  SlowCall(const SlowCall&) = delete;
  SlowCall& operator=(const SlowCall&) = delete;

  // For v8::FunctionTemplate::New(); the callback's data is a v8::External of a SlowCall. Throws a
  // TypeError for values that the function's types do not take.
  static void Callback(const v8::FunctionCallbackInfo<v8::Value>& info);

  uint64_t count() const { return count_; }

 private:
  void Run(const v8::FunctionCallbackInfo<v8::Value>& info);

  const Signature signature_;
  const void* const callee_;
  std::vector<ffi_type*> types_;
  ffi_cif cif_;
  uint64_t count_ = 0;
};

}  // namespace springboard

#endif  // SPRINGBOARD_EXAMPLES_V8_SLOW_CALL_H_
