#include "server/credentials.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include "absl/strings/str_cat.h"
#include "common/tls_mirror.h"
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

absl::Status CheckCredentials(const AddressKind& address, const SecurityOptions& options) {
  if (address.is_unix) return absl::OkStatus();
  if (options.tls.has_any()) {
    if (!options.tls.certificate.empty()) return absl::OkStatus();
    return MakeError(absl::StatusCode::kInvalidArgument, reason::kTlsFile, "tls_certificate",
                     "a server with TLS has a certificate");
  }
  if (options.access.has_any()) {
    return MakeError(absl::StatusCode::kInvalidArgument, reason::kAccessWithoutTls, "access_policy",
                     absl::StrCat("who calls is known through TLS alone; give a certificate "
                                  "(--tls_certificate), or listen on a unix socket; got ",
                                  address.address));
  }
  if (address.is_local || options.is_insecure) return absl::OkStatus();
  return MakeError(absl::StatusCode::kFailedPrecondition, reason::kInsecureAddress, "listen",
                   absl::StrCat("plain TCP is for loopback; for ", address.address,
                                " give a certificate (--tls_certificate), or --insecure if the "
                                "network is trusted"));
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const AddressKind& address, const SecurityOptions& options,
    const std::shared_ptr<AccessControl>& access, const AccessControl::Warn& warn) {
  absl::Status status = CheckCredentials(address, options);
  if (!status.ok()) return status;
  if (address.is_unix || !options.tls.has_any()) return grpc::InsecureServerCredentials();
  const absl::StatusOr<TlsFiles> copies = MirrorTlsFiles(options.tls, warn);
  if (!copies.ok()) return copies.status();
  std::shared_ptr<grpc::ServerCredentials> credentials = MakeTls(*copies);
  if (access != nullptr) credentials->SetAuthMetadataProcessor(access);
  return credentials;
}

}  // namespace springboard
