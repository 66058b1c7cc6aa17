#ifndef SPRINGBOARD_CLIENT_CLI_SIGNATURE_FILE_H_
#define SPRINGBOARD_CLIENT_CLI_SIGNATURE_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "compiler/compile_request.h"
#include "compiler/signature.h"
#include "compiler/target.h"

namespace springboard {

// The signatures of a file with a line each; "-" is stdin. Blank lines and those that begin with #
// are left out. Errors: NOT_FOUND, DATA_LOSS, and those of Signature::Parse() with the line.
absl::StatusOr<std::vector<Signature>> ReadSignatures(const std::string& path);

// Each of them for each of the targets, which are given by name as the profile is. Errors: those of
// FindTarget() and FindCallerProfile().
absl::StatusOr<std::vector<CompileRequest>> MakeRequests(absl::Span<const Signature> signatures,
                                                         absl::Span<const std::string> targets,
                                                         const std::string& profile);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_CLI_SIGNATURE_FILE_H_
