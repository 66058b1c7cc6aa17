#include "client/object/wanted_functions.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/manifest/symbol_rules.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

struct Pattern {
  absl::string_view before;
  absl::string_view after;
};

absl::Status WrongPattern(absl::string_view message) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kNotAnIdentifier, "symbol_pattern",
                   message);
}

absl::StatusOr<Pattern> ParsePattern(absl::string_view text) {
  const size_t begin = text.find(kCalleeInPattern);
  if (begin == absl::string_view::npos || text.rfind(kCalleeInPattern) != begin) {
    return WrongPattern(absl::StrCat("a pattern has ", kCalleeInPattern,
                                     " once, where the function's name goes; got \"", Shown(text),
                                     "\""));
  }
  return Pattern{text.substr(0, begin), text.substr(begin + kCalleeInPattern.size())};
}

}  // namespace

absl::StatusOr<std::vector<WantedFunction>> WantedFunctions(const Manifest& manifest, Target target,
                                                            absl::string_view pattern) {
  const absl::StatusOr<Pattern> parsed = ParsePattern(pattern);
  if (!parsed.ok()) return parsed.status();
  std::vector<WantedFunction> wanted;
  std::map<absl::string_view, const ManifestSymbol*> callees;
  for (const ManifestSymbol& symbol : manifest.symbols) {
    if (!IsFor(symbol, target)) continue;
    wanted.push_back({absl::StrCat(parsed->before, symbol.name, parsed->after), &symbol});
    const absl::Status status = CheckSymbolName(wanted.back().name);
    if (!status.ok()) return WrongPattern(status.message());
    callees.emplace(symbol.name, &symbol);
  }
  std::sort(wanted.begin(), wanted.end(),
            [](const WantedFunction& a, const WantedFunction& b) { return a.name < b.name; });
  for (const WantedFunction& one : wanted) {
    const auto callee = callees.find(one.name);
    if (callee == callees.end()) continue;
    return MakeError(
        absl::StatusCode::kInvalidArgument, reason::kDuplicateSymbol, "symbol_pattern",
        absl::StrCat(one.callee->origin, ": ", Shown(one.callee->name),
                     ": its trampoline would be called ", Shown(one.name), ", as the function at ",
                     callee->second->origin, "; another pattern gives another name"));
  }
  return wanted;
}

}  // namespace springboard
