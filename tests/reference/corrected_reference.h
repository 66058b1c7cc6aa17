#ifndef SPRINGBOARD_TESTS_REFERENCE_CORRECTED_REFERENCE_H_
#define SPRINGBOARD_TESTS_REFERENCE_CORRECTED_REFERENCE_H_

#include "compiler/signature.h"
#include "compiler/target.h"
#include "compiler/trampoline.h"

namespace springboard {

// What deno_ffi 0.59.0 would have generated without its defects, in its own way: argument by
// argument to the left, each through the same scratch register; a frame made by one subtraction,
// and only where the result changes. Departs from it where that is shorter: displacements take a
// byte where they fit, and on AArch64 the callee's address is a literal. Its Apple algorithm with
// their conventions stands for the two AArch64 targets that it did not have.
Trampoline CompileAsCorrectedReference(const Signature& signature, Target target);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_REFERENCE_CORRECTED_REFERENCE_H_
