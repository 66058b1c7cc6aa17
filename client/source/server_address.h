#ifndef SPRINGBOARD_CLIENT_SOURCE_SERVER_ADDRESS_H_
#define SPRINGBOARD_CLIENT_SOURCE_SERVER_ADDRESS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace springboard {

// Whether a client can connect to it: unix:/path, unix-abstract:name, host:port with an IPv6 host
// in brackets, or gRPC's dns:///host:port, ipv4:a:p,b:p and ipv6:[a]:p,[b]:p. gRPC takes everything
// else for the name of a host, and looks for that. Error: INVALID_ARGUMENT, MALFORMED_ADDRESS
// (server).
absl::Status CheckServerAddress(absl::string_view address);

// Whether its form is for several servers: dns:///name:port, whose addresses are asked for, ipv4:
// and ipv6:. The others are of one server, or of a proxy. The address is one that a client can
// connect to.
bool MayNameSeveralServers(absl::string_view address);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_SOURCE_SERVER_ADDRESS_H_
