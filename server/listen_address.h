#ifndef SPRINGBOARD_SERVER_LISTEN_ADDRESS_H_
#define SPRINGBOARD_SERVER_LISTEN_ADDRESS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace springboard {

// A unix socket of this user: "unix:$XDG_RUNTIME_DIR/springboard.sock", or in /tmp with the user's
// id where there is no such directory.
std::string DefaultListenAddress();

// Checks that a server can listen on `address`: unix:/path, unix-abstract:name or host:port.
// Removes the socket file of a server that is gone. Errors, each naming the address:
//   INVALID_ARGUMENT     none of the three forms, or a path that is too long for a socket
//   ALREADY_EXISTS       another server listens there
//   FAILED_PRECONDITION  the path is a file that is no socket
//   UNAVAILABLE          the system refuses, with its reason
// gRPC itself does not say why it cannot listen, and takes a live server's unix socket away.
absl::Status CheckListenAddress(absl::string_view address);

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_LISTEN_ADDRESS_H_
