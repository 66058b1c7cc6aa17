#ifndef SPRINGBOARD_COMPILER_COMPILE_H_
#define SPRINGBOARD_COMPILER_COMPILE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "compiler/compile_request.h"
#include "compiler/trampoline.h"

namespace springboard {

// Compiles the trampoline through which callers of the profile call a C function of the
// signature on the target, on any host. Deterministic; thread-safe.
// Error: INTERNAL on a defect of the compiler only; every valid signature compiles.
absl::StatusOr<Trampoline> Compile(const CompileRequest& request);

// The same, in the memory of `trampoline`: nothing is allocated once a thread has compiled, and the
// trampoline has held, as much. After an error it is any trampoline.
absl::Status CompileInto(const CompileRequest& request, Trampoline& trampoline);

}  // namespace springboard

#endif  // SPRINGBOARD_COMPILER_COMPILE_H_
