#include "client/cli/verify_batch.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/types/span.h"
#include "client/cli/output.h"
#include "client/verifier/verifier.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

absl::Status Malformed(absl::string_view field, absl::string_view rule, absl::string_view value) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kMalformedCode, field,
                   absl::StrCat(rule, "; got \"", absl::CHexEscape(value.substr(0, 64)), "\""));
}

bool IsHex(absl::string_view text) {
  return text.size() % 2 == 0 && std::all_of(text.begin(), text.end(),
                                             [](unsigned char c) { return std::isxdigit(c) != 0; });
}

// The reason why a line is rejected; empty if it is not.
std::string VerifyLine(absl::string_view line, CallerProfile profile, uint32_t alignment_bytes) {
  const std::vector<absl::string_view> fields = absl::StrSplit(line, '\t');
  if (fields.size() != 4) {
    return DetailText(
        Malformed("", "a line is TARGET<TAB>SIGNATURE<TAB>CALLEE_OFFSET<TAB>HEX", line));
  }
  const absl::StatusOr<CodeText> code = ParseCode(fields[0], fields[1], fields[2], fields[3]);
  return code.ok() ? VerifyText(*code, profile, alignment_bytes) : DetailText(code.status());
}

}  // namespace

absl::StatusOr<CodeText> ParseCode(absl::string_view target, absl::string_view signature,
                                   absl::string_view callee_offset, absl::string_view hex) {
  const absl::StatusOr<Target> parsed_target = FindTarget(target);
  if (!parsed_target.ok()) return parsed_target.status();
  absl::StatusOr<Signature> parsed_signature = Signature::Parse(signature);
  if (!parsed_signature.ok()) return parsed_signature.status();
  uint32_t offset = 0;
  // SimpleAtoi() allows blanks and signs.
  const bool is_number =
      std::all_of(callee_offset.begin(), callee_offset.end(), absl::ascii_isdigit);
  if (!is_number || !absl::SimpleAtoi(callee_offset, &offset)) {
    return Malformed("callee_offset", "the callee's offset is a number of bytes", callee_offset);
  }
  if (!IsHex(hex)) {
    return Malformed("code", "the code is an even number of hexadecimal digits", hex);
  }
  return CodeText{*std::move(parsed_signature), *parsed_target, offset,
                  absl::HexStringToBytes(hex)};
}

std::string VerifyText(const CodeText& code, CallerProfile profile, uint32_t alignment_bytes) {
  const auto bytes =
      absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(code.code.data()), code.code.size());
  const std::optional<Rejection> rejection = Verify(
      code.signature, code.target, profile, {bytes, code.callee_offset_bytes, alignment_bytes});
  return rejection.has_value() ? rejection->ToString() : "";
}

absl::StatusOr<VerifyCounts> VerifyBatch(std::istream& input, std::ostream& output,
                                         CallerProfile profile, uint32_t alignment_bytes) {
  VerifyCounts counts;
  for (std::string line; std::getline(input, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const std::string reason = VerifyLine(line, profile, alignment_bytes);
    output << line << (reason.empty() ? "\tok" : "\treject\t" + reason) << "\n";
    ++counts.lines;
    if (!reason.empty()) ++counts.rejected;
    if (!output.good()) break;
  }
  output.flush();
  if (!output.good()) return absl::DataLossError("cannot write the output");
  return counts;
}

}  // namespace springboard
