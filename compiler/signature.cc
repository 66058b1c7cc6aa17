#include "compiler/signature.h"

#include <algorithm>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

constexpr size_t kMaxQuotedBytes = 64;

// A piece of somebody's input, fit for a message: printable and bounded.
std::string Quote(absl::string_view text) {
  const absl::string_view shown = text.substr(0, kMaxQuotedBytes);
  return absl::StrCat("\"", absl::CHexEscape(shown), shown.size() < text.size() ? "\"..." : "\"");
}

absl::Status Malformed(absl::string_view rule, absl::string_view text) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kMalformedSignature, "",
                   absl::StrCat(rule, "; got ", Quote(text)));
}

absl::StatusOr<NativeType> ParseType(absl::string_view text, absl::string_view field) {
  const absl::string_view name = absl::StripAsciiWhitespace(text);
  if (const std::optional<NativeType> type = FindNativeType(name)) return *type;
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kUnknownType, field,
                   absl::StrCat("a type is one of ",
                                absl::StrJoin(kNativeTypes, " ",
                                              [](std::string* out, const NativeTypeInfo& info) {
                                                absl::StrAppend(out, info.name);
                                              }),
                                "; got ", Quote(name)));
}

std::string ParameterField(size_t index) { return absl::StrCat("parameters[", index, "]"); }

}  // namespace

absl::Status TooManyParameters(size_t limit, size_t received) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kTooManyParameters, "parameters",
                   absl::StrCat("at most ", limit, " parameters; got ", received));
}

absl::StatusOr<Signature> Signature::Create(absl::Span<const NativeType> parameters,
                                            NativeType result, const SignatureOptions& options) {
  const size_t limit = std::min(options.max_parameters, kMaxParameters);
  if (parameters.size() > limit) return TooManyParameters(limit, parameters.size());
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i] == NativeType::kVoid) {
      return MakeError(absl::StatusCode::kInvalidArgument, reason::kVoidParameter,
                       ParameterField(i),
                       absl::StrCat("void is a result only; parameter ", i, " is void"));
    }
  }
  if (options.can_callback) {
    return MakeError(absl::StatusCode::kInvalidArgument, reason::kCanCallback, "can_callback",
                     "a symbol that may call back into JavaScript has no fast call; "
                     "got can_callback = true");
  }
  return Signature(parameters, result);
}

absl::StatusOr<Signature> Signature::Parse(absl::string_view text,
                                           const SignatureOptions& options) {
  const absl::string_view trimmed = absl::StripAsciiWhitespace(text);
  const size_t open = trimmed.find('(');
  if (open == absl::string_view::npos || trimmed.back() != ')') {
    return Malformed("a signature is RESULT(PARAMETER,...), as in u64(u8,i16,buffer)", text);
  }
  const absl::StatusOr<NativeType> result = ParseType(trimmed.substr(0, open), "result");
  if (!result.ok()) return result.status();

  absl::string_view rest = trimmed.substr(open + 1, trimmed.size() - open - 2);
  absl::InlinedVector<NativeType, 31> parameters;
  if (!absl::StripAsciiWhitespace(rest).empty()) {
    const size_t count = 1 + static_cast<size_t>(std::count(rest.begin(), rest.end(), ','));
    const size_t limit = std::min(options.max_parameters, kMaxParameters);
    if (count > limit) return TooManyParameters(limit, count);
    for (size_t i = 0; i < count; ++i) {
      const size_t comma = rest.find(',');
      const absl::StatusOr<NativeType> type = ParseType(rest.substr(0, comma), ParameterField(i));
      if (!type.ok()) return type.status();
      parameters.push_back(*type);
      rest.remove_prefix(comma == absl::string_view::npos ? rest.size() : comma + 1);
    }
  }
  return Create(parameters, *result, options);
}

std::string Signature::ToString() const {
  const auto append_name = [](std::string* out, NativeType type) {
    absl::StrAppend(out, Info(type).name);
  };
  return absl::StrCat(Info(result_).name, "(", absl::StrJoin(parameters_, ",", append_name), ")");
}

std::ostream& operator<<(std::ostream& os, const Signature& signature) {
  return os << signature.ToString();
}

}  // namespace springboard
