#include "server/access_policy.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

absl::Status Malformed(absl::string_view message, absl::string_view got) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kMalformedPolicy, "",
                   absl::StrCat(message, "; got \"", Shown(got), "\""));
}

// DNS names do not tell cases apart.
bool IsName(absl::string_view pattern, absl::string_view name) {
  if (!absl::ConsumePrefix(&pattern, "*.")) return absl::EqualsIgnoreCase(pattern, name);
  const size_t dot = name.find('.');
  return dot != absl::string_view::npos && dot > 0 &&
         absl::EqualsIgnoreCase(pattern, name.substr(dot + 1));
}

}  // namespace

absl::StatusOr<AccessPolicy::Rule> AccessPolicy::ParseRule(absl::string_view line) {
  const std::vector<absl::string_view> words =
      absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
  Rule rule;
  absl::string_view method = words[0];
  rule.is_prefix = absl::ConsumeSuffix(&method, "*");
  // What is no policy may be a file of tokens, which nobody is to see.
  if (!absl::StartsWith(method, "/") || words.size() < 2) {
    return MakeError(absl::StatusCode::kInvalidArgument, reason::kMalformedPolicy, "",
                     "a line is METHOD WHO..., and a method begins with /");
  }
  if (absl::StrContains(method, "*")) {
    return Malformed("a method is /package.Service/Method, or a beginning of that and *", words[0]);
  }
  rule.method = std::string(method);
  for (size_t i = 1; i < words.size(); ++i) {
    absl::string_view who = words[i];
    if (who == "anyone") {
      rule.allows_anyone = true;
    } else if (who == "token") {
      rule.allows_token = true;
    } else if (absl::ConsumePrefix(&who, "san:") && !who.empty() &&
               !absl::StrContains(absl::StripPrefix(who, "*."), "*")) {
      rule.names.emplace_back(who);
    } else if (absl::ConsumePrefix(&who, "uri:") && !who.empty()) {
      rule.uris.emplace_back(who);
    } else {
      return Malformed("who is anyone, token, san:NAME, san:*.DOMAIN or uri:URI", words[i]);
    }
  }
  return rule;
}

absl::StatusOr<AccessPolicy> AccessPolicy::Parse(absl::string_view text) {
  AccessPolicy policy;
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    const absl::string_view stripped = absl::StripAsciiWhitespace(line);
    if (stripped.empty() || stripped.front() == '#') continue;
    absl::StatusOr<Rule> rule = ParseRule(stripped);
    if (!rule.ok()) {
      return MakeError(rule.status().code(), reason::kMalformedPolicy,
                       absl::StrCat("line ", number),
                       absl::StrCat("line ", number, ": ", rule.status().message()));
    }
    policy.rules_.push_back(*std::move(rule));
  }
  return policy;
}

bool AccessPolicy::Allows(const Caller& caller, absl::string_view method) const {
  const auto rule = std::find_if(rules_.begin(), rules_.end(), [method](const Rule& one) {
    return one.is_prefix ? absl::StartsWith(method, one.method) : method == one.method;
  });
  if (rule == rules_.end()) return false;
  if (rule->allows_anyone || (rule->allows_token && caller.has_token)) return true;
  for (const std::string& pattern : rule->names) {
    for (const std::string& name : caller.names) {
      if (IsName(pattern, name)) return true;
    }
  }
  return std::any_of(rule->uris.begin(), rule->uris.end(), [&caller](const std::string& uri) {
    return std::find(caller.uris.begin(), caller.uris.end(), uri) != caller.uris.end();
  });
}

}  // namespace springboard
