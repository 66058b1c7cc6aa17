#include "client/cli/output.h"

#include <iostream>
#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "compiler/error_details.h"

namespace springboard {

std::string EscapeControls(absl::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const bool is_control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    absl::StrAppend(&escaped,
                    is_control ? absl::CEscape(absl::string_view(&c, 1)) : std::string(1, c));
  }
  return escaped;
}

std::string CodeName(const absl::Status& status) { return absl::StatusCodeToString(status.code()); }

std::string DetailText(const absl::Status& status) {
  std::string text;
  if (const std::optional<ErrorDetails> details = GetErrorDetails(status)) {
    absl::StrAppend(&text, details->reason, details->field.empty() ? "" : " at ", details->field,
                    ": ");
  }
  return EscapeControls(absl::StrCat(text, status.message()));
}

int Fail(absl::string_view command, const absl::Status& status) {
  std::cerr << "springboard " << command << ": " << CodeName(status) << ": " << DetailText(status)
            << "\n";
  return kExitFailed;
}

int WriteOutput(absl::string_view command, absl::string_view text) {
  std::cout << text << std::flush;
  return std::cout.good() ? kExitOk : Fail(command, absl::DataLossError("cannot write the output"));
}

}  // namespace springboard
