#ifndef SPRINGBOARD_SERVER_CREDENTIALS_H_
#define SPRINGBOARD_SERVER_CREDENTIALS_H_

#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/tls_files.h"
#include "server/listening_socket.h"

namespace springboard {

// How a server is secured.
struct SecurityOptions {
  // With `authorities`, clients must have a certificate of theirs.
  TlsFiles tls;
  // Files of AccessControl::Create(), for what comes through TLS; empty for none.
  std::string access_policy;
  std::string access_tokens;
  std::string signing_key;  // SigningKey::Read(); responses are signed with it; empty for none.
  // Plain TCP beyond loopback is allowed.
  bool is_insecure = false;
};

// For what a socket accepts. Unix sockets are plain: the kernel says who is at their other end.
// Errors: those of AccessControl::Create() and MirrorTlsFiles(); INVALID_ARGUMENT, TLS_FILE,
// without a certificate, and for access control without TLS, ACCESS_WITHOUT_TLS;
// FAILED_PRECONDITION, INSECURE_ADDRESS, for plain TCP that other machines can connect to.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const ListeningSocket& socket, const SecurityOptions& options);

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_CREDENTIALS_H_
