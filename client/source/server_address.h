#ifndef SPRINGBOARD_CLIENT_SOURCE_SERVER_ADDRESS_H_
#define SPRINGBOARD_CLIENT_SOURCE_SERVER_ADDRESS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace springboard {

// Whether a client can connect to it: unix:/path, unix-abstract:name, host:port with an IPv6 host
// in brackets, or gRPC's dns:///host:port, ipv4:a:p,b:p and ipv6:[a]:p. gRPC takes everything else
// for the name of a host, and looks for that. Error: INVALID_ARGUMENT, MALFORMED_ADDRESS (server).
absl::Status CheckServerAddress(absl::string_view address);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_SOURCE_SERVER_ADDRESS_H_
