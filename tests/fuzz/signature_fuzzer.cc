// Any bytes as a signature's text.

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "compiler/signature.h"
#include "tests/fuzz/property.h"

namespace springboard {
namespace {

std::string WithoutSpaces(absl::string_view text) {
  std::string kept;
  for (const char c : text) {
    if (!absl::ascii_isspace(static_cast<unsigned char>(c))) kept.push_back(c);
  }
  return kept;
}

void CheckText(absl::string_view text) {
  const auto input = [&] { return absl::StrCat("text: \"", absl::CHexEscape(text), "\""); };
  const absl::StatusOr<Signature> signature = Signature::Parse(text);
  if (!signature.ok()) {
    RequireError(signature.status(), absl::StatusCode::kInvalidArgument, input);
    Require(signature.status().message().size() < 1000, "a message is bounded", input);
    return;
  }
  Require(signature->parameters().size() <= Signature::kMaxParameters,
          "a signature has at most 256 parameters", input);
  const std::string written = signature->ToString();
  Require(WithoutSpaces(text) == written, "only spaces do not matter", input);
  const absl::StatusOr<Signature> again = Signature::Parse(written);
  Require(again.ok(), "the text of a signature parses", input);
  Require(*again == *signature, "the text of a signature parses to an equal one", input);
  Require(again->ToString() == written, "equal signatures have equal texts", input);
}

}  // namespace
}  // namespace springboard

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  springboard::CheckText({reinterpret_cast<const char*>(data), size});
  return 0;
}
