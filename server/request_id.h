#ifndef SPRINGBOARD_SERVER_REQUEST_ID_H_
#define SPRINGBOARD_SERVER_REQUEST_ID_H_

#include <string>

#include "absl/strings/string_view.h"

namespace springboard {

// Whether a client's name for a request is passed on: 1 to 128 characters of A-Z a-z 0-9 . _ : / +
// = -
bool IsRequestId(absl::string_view text);

// 16 hexadecimal digits, others each time. Thread-safe.
std::string MakeRequestId();

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_REQUEST_ID_H_
