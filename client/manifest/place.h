#ifndef SPRINGBOARD_CLIENT_MANIFEST_PLACE_H_
#define SPRINGBOARD_CLIENT_MANIFEST_PLACE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "compiler/error_details.h"

namespace springboard {

// "stubs.textproto:12"; lines begin with 1, and 0 is the file as a whole.
std::string Place(absl::string_view file, int line);

// `status` with a place before its field path: "stubs.textproto:12: symbol[3].signature". A status
// without details is returned as it is.
absl::Status AtPlace(const absl::Status& status, absl::string_view place);

// INVALID_ARGUMENT, with a field path that is shown on one line.
absl::Status MalformedManifest(absl::string_view place, absl::string_view field,
                               absl::string_view message,
                               absl::string_view reason = reason::kMalformedManifest);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MANIFEST_PLACE_H_
