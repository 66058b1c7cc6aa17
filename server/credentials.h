#ifndef SPRINGBOARD_SERVER_CREDENTIALS_H_
#define SPRINGBOARD_SERVER_CREDENTIALS_H_

#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/tls_files.h"
#include "server/access_control.h"
#include "server/listening_socket.h"

namespace springboard {

// How a server is secured.
struct SecurityOptions {
  // With `authorities`, clients must have a certificate of theirs.
  TlsFiles tls;
  AccessControl::Files access;  // For what comes through TLS.
  std::string signing_key;      // SigningKey::Read(); responses are signed with it; empty for none.
  // Plain TCP beyond loopback is allowed.
  bool is_insecure = false;
};

// Whether what connects to such an address can be secured as wanted. Errors: INVALID_ARGUMENT,
// TLS_FILE, without a certificate, and for access control without TLS, ACCESS_WITHOUT_TLS;
// FAILED_PRECONDITION, INSECURE_ADDRESS, for plain TCP that other machines can connect to.
absl::Status CheckCredentials(const AddressKind& address, const SecurityOptions& options);

// For what such a socket accepts, asking `access` if it is not null. Unix sockets are plain: the
// kernel says who is at their other end. Errors: those of CheckCredentials() and MirrorTlsFiles().
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const AddressKind& address, const SecurityOptions& options,
    const std::shared_ptr<AccessControl>& access, const AccessControl::Warn& warn);

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_CREDENTIALS_H_
