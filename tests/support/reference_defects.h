#ifndef SPRINGBOARD_TESTS_SUPPORT_REFERENCE_DEFECTS_H_
#define SPRINGBOARD_TESTS_SUPPORT_REFERENCE_DEFECTS_H_

#include <string>
#include <vector>

#include "compiler/target.h"

namespace springboard {

// A defect of deno_ffi 0.59.0, as docs/abi.md tells it: on `target` it is wrong for `signature`.
struct ReferenceDefect {
  std::string name;  // "W1"
  Target target;
  std::string signature;
};

// Those that execution shows.
const std::vector<ReferenceDefect>& ReferenceDefects();

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_SUPPORT_REFERENCE_DEFECTS_H_
