#ifndef SPRINGBOARD_CLIENT_OBJECT_A64_UNWIND_INFO_H_
#define SPRINGBOARD_CLIENT_OBJECT_A64_UNWIND_INFO_H_

#include <string>

#include "absl/status/statusor.h"
#include "client/object/object.h"

namespace springboard {

// The .xdata record of a function for Windows on ARM64 (Microsoft, "ARM64 exception handling"); a
// multiple of 4 bytes, without relocations. It has a code for each instruction of prologue and
// epilogue, so that it is right at every instruction. Empty for a leaf function, which needs none.
// Error: INVALID_ARGUMENT with MALFORMED_CODE (field "rows") if the frame cannot be described so.
absl::StatusOr<std::string> A64UnwindInfo(const ObjectFunction& function);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_OBJECT_A64_UNWIND_INFO_H_
