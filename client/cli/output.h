#ifndef SPRINGBOARD_CLIENT_CLI_OUTPUT_H_
#define SPRINGBOARD_CLIENT_CLI_OUTPUT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace springboard {

// "INVALID_ARGUMENT" and the like.
std::string CodeName(const absl::Status& status);

// Without control characters, which a server may have sent.
std::string EscapeControls(absl::string_view text);

// Reason, field and message on one line: "UNKNOWN_TYPE at parameters[1]: a type is one of ...".
// Control characters, which a server may have sent, are escaped.
std::string DetailText(const absl::Status& status);

// Prints the error of a command ("compile") to stderr; returns kExitFailed.
int Fail(absl::string_view command, const absl::Status& status);

// Writes a command's result to stdout; returns its exit code, kExitFailed if stdout fails.
int WriteOutput(absl::string_view command, absl::string_view text);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_CLI_OUTPUT_H_
