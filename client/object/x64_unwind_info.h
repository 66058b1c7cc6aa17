#ifndef SPRINGBOARD_CLIENT_OBJECT_X64_UNWIND_INFO_H_
#define SPRINGBOARD_CLIENT_OBJECT_X64_UNWIND_INFO_H_

#include <string>

#include "absl/status/statusor.h"
#include "client/object/object.h"

namespace springboard {

// The UNWIND_INFO of a function for Windows x64 (Microsoft, "x64 exception handling"): the codes of
// its prologue. Its epilogue has none: the unwinder knows one by its instructions, and this makes
// sure that it will. Empty for a leaf function, which needs no entry.
// Error: INVALID_ARGUMENT with MALFORMED_CODE (field "rows") if the frame cannot be described so.
absl::StatusOr<std::string> X64UnwindInfo(const ObjectFunction& function);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_OBJECT_X64_UNWIND_INFO_H_
