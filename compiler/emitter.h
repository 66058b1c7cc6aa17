#ifndef SPRINGBOARD_COMPILER_EMITTER_H_
#define SPRINGBOARD_COMPILER_EMITTER_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "compiler/thunk_plan.h"

namespace springboard {

// Code in the thread's assembler, until it assembles the next.
struct EmittedCode {
  absl::Span<const uint8_t> code;
  uint32_t callee_offset_bytes;
};

// Encode a plan's steps, one after another, deciding nothing but the encoding. Thread-safe; each
// thread keeps an assembler for itself.
// Error: INTERNAL if a step has no encoding, which no plan of PlanThunk() brings about.
absl::StatusOr<EmittedCode> EmitX64(const ThunkPlan& plan);
absl::StatusOr<EmittedCode> EmitA64(const ThunkPlan& plan);

}  // namespace springboard

#endif  // SPRINGBOARD_COMPILER_EMITTER_H_
