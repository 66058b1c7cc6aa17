#include "client/source/server_address.h"

#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

bool IsHostAndPort(absl::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos || colon == 0) return false;
  const absl::string_view port = text.substr(colon + 1);
  uint32_t number = 0;
  if (port.find_first_not_of("0123456789") != absl::string_view::npos ||
      !absl::SimpleAtoi(port, &number) || number == 0 || number > 65535) {
    return false;
  }
  const absl::string_view host = text.substr(0, colon);
  if (host.front() == '[') return host.size() > 2 && host.back() == ']';
  return host.find_first_of("/:[] \t") == absl::string_view::npos;
}

bool AreHostsAndPorts(absl::string_view list) {
  for (const absl::string_view one : absl::StrSplit(list, ',')) {
    if (!IsHostAndPort(one)) return false;
  }
  return true;
}

bool IsServerAddress(absl::string_view address) {
  if (absl::ConsumePrefix(&address, "unix:") || absl::ConsumePrefix(&address, "unix-abstract:")) {
    return !address.empty();
  }
  if (absl::ConsumePrefix(&address, "ipv4:") || absl::ConsumePrefix(&address, "ipv6:")) {
    return AreHostsAndPorts(address);
  }
  absl::ConsumePrefix(&address, "dns:///");
  return IsHostAndPort(address);
}

}  // namespace

absl::Status CheckServerAddress(absl::string_view address) {
  if (IsServerAddress(address)) return absl::OkStatus();
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kMalformedAddress, "server",
                   absl::StrCat("a server is unix:/path, unix-abstract:name or host:port, several "
                                "are dns:///host:port or ipv4:a:p,b:p; got \"",
                                Shown(address), "\""));
}

bool MayNameSeveralServers(absl::string_view address) {
  return absl::StartsWith(address, "dns:") || absl::StartsWith(address, "ipv4:") ||
         absl::StartsWith(address, "ipv6:");
}

}  // namespace springboard
