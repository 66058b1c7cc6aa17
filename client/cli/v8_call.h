#ifndef SPRINGBOARD_CLIENT_CLI_V8_CALL_H_
#define SPRINGBOARD_CLIENT_CLI_V8_CALL_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "client/arena/bound_trampoline.h"
#include "compiler/signature.h"

namespace springboard {

// Calls `trampoline`, which is for this process and `signature`, as V8's fast API does: with a
// receiver, typed-array structs for buffers and an out array for 64-bit results. The arguments
// are texts:
//   bool            true false 1 0
//   integers        decimal or 0x hexadecimal, in the type's range
//   f32 f64         decimal, inf, nan
//   pointer function  an address, or null
//   buffer          the bytes themselves, or hex:00ff
// Returns the result as text; "void" if there is none.
//
// Errors: those of CheckArguments().
absl::StatusOr<std::string> CallAsV8(const BoundTrampoline& trampoline, const Signature& signature,
                                     absl::Span<const std::string> arguments);

// Error: INVALID_ARGUMENT for a wrong number of arguments, or one that does not fit its type.
absl::Status CheckArguments(const Signature& signature, absl::Span<const std::string> arguments);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_CLI_V8_CALL_H_
