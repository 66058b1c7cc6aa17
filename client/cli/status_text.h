#ifndef SPRINGBOARD_CLIENT_CLI_STATUS_TEXT_H_
#define SPRINGBOARD_CLIENT_CLI_STATUS_TEXT_H_

#include <string>

#include "absl/status/status.h"

namespace springboard {

// "INVALID_ARGUMENT" and the like.
std::string CodeName(const absl::Status& status);

// Reason, field and message on one line: "UNKNOWN_TYPE at parameters[1]: a type is one of ...".
std::string DetailText(const absl::Status& status);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_CLI_STATUS_TEXT_H_
