#ifndef SPRINGBOARD_SERVER_ACCESS_POLICY_H_
#define SPRINGBOARD_SERVER_ACCESS_POLICY_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace springboard {

// Who a call comes from, as far as it has been proven.
struct Caller {
  std::vector<std::string> names;      // Its certificate's subject alternative names, of DNS;
  std::vector<std::string> uris = {};  // and those that are URIs.
  bool has_token = false;              // One of the server's.
};

// Which callers may call which methods. Immutable, so thread-safe.
class AccessPolicy {
 public:
  // Reads lines "METHOD WHO...": METHOD is a path, "/package.Service/Method", or ends with * for
  // all that begin so; each WHO is "anyone", "token", "san:NAME" or "san:*.DOMAIN" for one label
  // before it, or "uri:URI", exactly that one. Empty lines and those that begin with # are left
  // out. The first line whose method fits is the one that counts; a method without one is nobody's.
  // Error: INVALID_ARGUMENT, MALFORMED_POLICY (line N).
  static absl::StatusOr<AccessPolicy> Parse(absl::string_view text);

  bool Allows(const Caller& caller, absl::string_view method) const;

 private:
  struct Rule {
    std::string method;  // Without the *.
    bool is_prefix = false;
    bool allows_anyone = false;
    bool allows_token = false;
    std::vector<std::string> names;
    std::vector<std::string> uris;
  };

  static absl::StatusOr<Rule> ParseRule(absl::string_view line);

  std::vector<Rule> rules_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_ACCESS_POLICY_H_
