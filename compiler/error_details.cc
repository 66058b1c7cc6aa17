#include "compiler/error_details.h"

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"

namespace springboard {
namespace {

constexpr absl::string_view kReasonUrl = "springboard.v1/reason";
constexpr absl::string_view kFieldUrl = "springboard.v1/field";
constexpr absl::string_view kRetryDelayUrl = "springboard.v1/retry_delay_ms";

}  // namespace

absl::Status MakeError(absl::StatusCode code, absl::string_view reason, absl::string_view field,
                       absl::string_view message) {
  absl::Status status(code, message);
  status.SetPayload(kReasonUrl, absl::Cord(reason));
  status.SetPayload(kFieldUrl, absl::Cord(field));
  return status;
}

std::string Shown(absl::string_view text) {
  constexpr size_t kMaxBytes = 1000;
  std::string shown;
  for (const char c : text.substr(0, kMaxBytes)) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte >= ' ' && byte < 0x7F) {
      shown.push_back(c);
    } else {
      absl::StrAppend(&shown, "\\x", absl::Hex(byte, absl::kZeroPad2));
    }
  }
  if (text.size() > kMaxBytes) shown += "...";
  return shown;
}

std::optional<ErrorDetails> GetErrorDetails(const absl::Status& status) {
  const absl::optional<absl::Cord> reason = status.GetPayload(kReasonUrl);
  if (!reason.has_value()) return std::nullopt;
  const absl::Cord field = status.GetPayload(kFieldUrl).value_or(absl::Cord());
  return ErrorDetails{std::string(*reason), std::string(field)};
}

absl::Status WithFieldPrefix(const absl::Status& status, absl::string_view prefix) {
  const std::optional<ErrorDetails> details = GetErrorDetails(status);
  if (!details.has_value()) return status;
  absl::Status prefixed = status;
  const absl::string_view dot = details->field.empty() ? "" : ".";
  prefixed.SetPayload(kFieldUrl, absl::Cord(absl::StrCat(prefix, dot, details->field)));
  return prefixed;
}

absl::Status WithRetryDelay(const absl::Status& status, absl::Duration delay) {
  absl::Status delayed = status;
  delayed.SetPayload(kRetryDelayUrl, absl::Cord(absl::StrCat(absl::ToInt64Milliseconds(delay))));
  return delayed;
}

std::optional<absl::Duration> GetRetryDelay(const absl::Status& status) {
  const absl::optional<absl::Cord> text = status.GetPayload(kRetryDelayUrl);
  int64_t milliseconds = 0;
  if (!text.has_value() || !absl::SimpleAtoi(std::string(*text), &milliseconds)) {
    return std::nullopt;
  }
  return absl::Milliseconds(milliseconds);
}

}  // namespace springboard
