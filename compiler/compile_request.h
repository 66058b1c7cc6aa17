#ifndef SPRINGBOARD_COMPILER_COMPILE_REQUEST_H_
#define SPRINGBOARD_COMPILER_COMPILE_REQUEST_H_

#include "compiler/signature.h"
#include "compiler/target.h"

namespace springboard {

// What determines a trampoline's bytes, given the codegen version.
struct CompileRequest {
  Signature signature;
  Target target;
  CallerProfile profile = CallerProfile::kV8_10;
};

}  // namespace springboard

#endif  // SPRINGBOARD_COMPILER_COMPILE_REQUEST_H_
