#ifndef SPRINGBOARD_CLIENT_OBJECT_OBJECT_H_
#define SPRINGBOARD_CLIENT_OBJECT_OBJECT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "client/arena/code_outline.h"
#include "compiler/target.h"
#include "compiler/trampoline.h"

namespace springboard {

// A trampoline as a linker gets it: a function that branches to another one by its name. Names are
// as C has them, without the prefix that a platform puts before them.
struct ObjectFunction {
  std::string name;    // "__springboard_pow"
  std::string callee;  // "pow"
  // Instructions alone: the callee's address is not loaded from a slot; it is a branch's operand.
  CodeBytes code;
  // Of the branch to the callee, whose displacement is zero until linked: on x86-64 e8 or e9 and 4
  // bytes, on AArch64 bl or b with 26 bits.
  uint32_t branch_offset_bytes = 0;
  // It is the last instruction, and the callee returns to the caller's caller.
  bool is_tail_call = false;
  uint32_t alignment_bytes = 1;  // A power of two.
  // Where the frame is; empty without one. See CodeOutline, whose offsets are those of `code` here.
  absl::InlinedVector<CodeOutline::Row, 8> rows;
};

// Trampolines for one target, and what a relocatable object has of them.
struct Object {
  Target target;
  // Each function begins with endbr64 or bti c, and the object says so.
  bool has_landing_pads = false;
  std::vector<ObjectFunction> functions;  // By name, each once.
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_OBJECT_OBJECT_H_
