#include "server/credentials.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include "absl/strings/str_cat.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

namespace tls = grpc::experimental;

std::shared_ptr<grpc::ServerCredentials> MakeTls(const TlsFiles& files) {
  tls::TlsServerCredentialsOptions options(std::make_shared<tls::FileWatcherCertificateProvider>(
      files.key_file(), files.certificate, files.authorities, kTlsRefreshSeconds));
  options.watch_identity_key_cert_pairs();
  if (files.authorities.empty()) {
    options.set_cert_request_type(GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  } else {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return tls::TlsServerCredentials(options);
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const ListeningSocket& socket, const SecurityOptions& options) {
  if (socket.is_unix()) return grpc::InsecureServerCredentials();
  if (options.tls.has_any()) {
    if (options.tls.certificate.empty()) {
      return MakeError(absl::StatusCode::kInvalidArgument, reason::kTlsFile, "tls_certificate",
                       "a server with TLS has a certificate");
    }
    return MakeTls(options.tls);
  }
  if (socket.is_local() || options.is_insecure) return grpc::InsecureServerCredentials();
  return MakeError(absl::StatusCode::kFailedPrecondition, reason::kInsecureAddress, "listen",
                   absl::StrCat("plain TCP is for loopback; for ", socket.address(),
                                " give a certificate (--tls_certificate), or --insecure if the "
                                "network is trusted"));
}

}  // namespace springboard
