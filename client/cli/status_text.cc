#include "client/cli/status_text.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "compiler/error_details.h"

namespace springboard {

std::string CodeName(const absl::Status& status) { return absl::StatusCodeToString(status.code()); }

std::string DetailText(const absl::Status& status) {
  std::string text;
  if (const std::optional<ErrorDetails> details = GetErrorDetails(status)) {
    absl::StrAppend(&text, details->reason, details->field.empty() ? "" : " at ", details->field,
                    ": ");
  }
  absl::StrAppend(&text, status.message());
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return text;
}

}  // namespace springboard
