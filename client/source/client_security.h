#ifndef SPRINGBOARD_CLIENT_SOURCE_CLIENT_SECURITY_H_
#define SPRINGBOARD_CLIENT_SOURCE_CLIENT_SECURITY_H_

#include <string>

#include "common/tls_files.h"

namespace springboard {

// How a client is secured. With an authority the connection is encrypted, and the server's
// certificate must be of that authority and for the server's name; with a certificate the client
// shows one too. TLS takes a thread that looks at the files, memfd_create() and /proc.
struct ClientSecurity {
  TlsFiles tls;
  std::string server_name = "";  // In the server's certificate, if it is not that of the address.
  std::string token_file = "";   // Its first line is shown with every call; read when it changes.

  // Public keys (PinnedKeys::Read()), one of which must have signed every answer; with TLS or
  // without.
  std::string signing_keys = "";

  bool is_empty() const {
    return !tls.has_any() && server_name.empty() && token_file.empty() && signing_keys.empty();
  }
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_SOURCE_CLIENT_SECURITY_H_
