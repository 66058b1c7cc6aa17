#ifndef SPRINGBOARD_PROTO_CONVERSION_H_
#define SPRINGBOARD_PROTO_CONVERSION_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "compiler/compile_request.h"
#include "compiler/signature.h"
#include "compiler/target.h"
#include "compiler/trampoline.h"
#include "google/rpc/status.pb.h"
#include "springboard/v1/trampoline_compiler.pb.h"

// Messages to domain values and back: the only place where both meet. What comes from a message
// is checked here; errors carry a reason and the path of the field.

namespace springboard {

absl::StatusOr<Signature> FromProto(const v1::Signature& message, size_t max_parameters);
absl::StatusOr<Target> FromProto(v1::Target target);
absl::StatusOr<CallerProfile> FromProto(v1::CallerProfile profile);
absl::StatusOr<CompileRequest> FromProto(const v1::CompileTrampolineRequest& message,
                                         size_t max_parameters);

// Error: INTERNAL with UNKNOWN_RELOCATION, UNKNOWN_TARGET, UNKNOWN_PROFILE, MALFORMED_RESPONSE, or
// CALLEE_OFFSET_OUT_OF_RANGE if the relocation's 8 bytes are not inside the code.
absl::StatusOr<Trampoline> FromProto(const v1::Trampoline& message);

v1::Signature ToProto(const Signature& signature);
v1::Target ToProto(Target target);
v1::CallerProfile ToProto(CallerProfile profile);
v1::CompileTrampolineRequest ToProto(const CompileRequest& request);

// Fills `message`, whatever it held, with the trampoline and its signature's fast-API template.
void ToProto(const Trampoline& trampoline, const Signature& signature, v1::Trampoline* message);

// An error with its details, as google.rpc.ErrorInfo and google.rpc.BadRequest, and back.
google::rpc::Status ToProto(const absl::Status& status);
absl::Status FromProto(const google::rpc::Status& message);

}  // namespace springboard

#endif  // SPRINGBOARD_PROTO_CONVERSION_H_
