#include "server/credentials.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <iostream>

#include "absl/strings/str_cat.h"
#include "common/tls_mirror.h"
#include "compiler/error_details.h"
#include "server/access_control.h"

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

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> WithAccessControl(
    std::shared_ptr<grpc::ServerCredentials> credentials, const SecurityOptions& options) {
  if (options.access_policy.empty() && options.access_tokens.empty()) return credentials;
  absl::StatusOr<std::shared_ptr<AccessControl>> control =
      AccessControl::Create(options.access_policy, options.access_tokens);
  if (!control.ok()) return control.status();
  credentials->SetAuthMetadataProcessor(*std::move(control));
  return credentials;
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
    const absl::StatusOr<TlsFiles> copies = MirrorTlsFiles(options.tls, [](absl::string_view line) {
      std::cerr << absl::StrCat("springboard_server: warning: ", line, "\n");
    });
    if (!copies.ok()) return copies.status();
    return WithAccessControl(MakeTls(*copies), options);
  }
  if (!options.access_policy.empty() || !options.access_tokens.empty()) {
    return MakeError(absl::StatusCode::kInvalidArgument, reason::kAccessWithoutTls, "access_policy",
                     absl::StrCat("who calls is known through TLS alone; give a certificate "
                                  "(--tls_certificate), or listen on a unix socket; got ",
                                  socket.address()));
  }
  if (socket.is_local() || options.is_insecure) return grpc::InsecureServerCredentials();
  return MakeError(absl::StatusCode::kFailedPrecondition, reason::kInsecureAddress, "listen",
                   absl::StrCat("plain TCP is for loopback; for ", socket.address(),
                                " give a certificate (--tls_certificate), or --insecure if the "
                                "network is trusted"));
}

}  // namespace springboard
