#include "client/manifest/place.h"

#include <optional>

#include "absl/strings/str_cat.h"

namespace springboard {

std::string Place(absl::string_view file, int line) {
  return line > 0 ? absl::StrCat(file, ":", line) : std::string(file);
}

absl::Status AtPlace(const absl::Status& status, absl::string_view place) {
  const std::optional<ErrorDetails> details = GetErrorDetails(status);
  if (!details.has_value()) return status;
  const absl::string_view colon = details->field.empty() ? "" : ": ";
  return MakeError(status.code(), details->reason, absl::StrCat(place, colon, details->field),
                   status.message());
}

absl::Status MalformedManifest(absl::string_view place, absl::string_view field,
                               absl::string_view message, absl::string_view reason) {
  return AtPlace(MakeError(absl::StatusCode::kInvalidArgument, reason, Shown(field), message),
                 place);
}

}  // namespace springboard
