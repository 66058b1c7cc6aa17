#ifndef SPRINGBOARD_COMPILER_COMPILE_H_
#define SPRINGBOARD_COMPILER_COMPILE_H_

#include "absl/status/statusor.h"
#include "compiler/signature.h"
#include "compiler/target.h"
#include "compiler/trampoline.h"

namespace springboard {

// Compiles the trampoline through which callers of `profile` call a C function of `signature`
// on `target`, on any host. Deterministic; thread-safe.
// Error: INTERNAL on a defect of the compiler only; every valid signature compiles.
absl::StatusOr<Trampoline> Compile(const Signature& signature, Target target,
                                   CallerProfile profile = CallerProfile::kV8_10);

}  // namespace springboard

#endif  // SPRINGBOARD_COMPILER_COMPILE_H_
