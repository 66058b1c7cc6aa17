#include "common/tls_files.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

struct Free {
  void operator()(std::FILE* file) const { std::fclose(file); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

absl::Status Wrong(absl::string_view field, absl::string_view message) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kTlsFile, field, message);
}

// What `read` finds in a PEM file.
template <typename T, typename Read>
absl::Status ReadPem(absl::string_view field, const std::string& path, const char* what,
                     const Read& read, Owned<T>* result) {
  const Owned<std::FILE> file(std::fopen(path.c_str(), "re"));
  if (file == nullptr) {
    return Wrong(field, absl::StrCat("cannot read ", path, ": ", std::strerror(errno)));
  }
  result->reset(read(file.get()));
  ERR_clear_error();
  if (*result != nullptr) return absl::OkStatus();
  return Wrong(field, absl::StrCat(path, " has no ", what, " in PEM"));
}

X509* ReadCertificate(std::FILE* file) { return PEM_read_X509(file, nullptr, nullptr, nullptr); }

EVP_PKEY* ReadKey(std::FILE* file) {
  // Nobody is asked for a password.
  const auto no_password = [](char*, int, int, void*) { return -1; };
  return PEM_read_PrivateKey(file, nullptr, no_password, nullptr);
}

}  // namespace

absl::Status CheckTlsFiles(const TlsFiles& files) {
  if (files.certificate.empty() && !files.key.empty()) {
    return Wrong("certificate", "a key is of no use without its certificate");
  }
  if (!files.authorities.empty()) {
    Owned<X509> authority;
    absl::Status status =
        ReadPem("authorities", files.authorities, "certificate", &ReadCertificate, &authority);
    if (!status.ok()) return status;
  }
  if (files.certificate.empty()) return absl::OkStatus();
  Owned<X509> certificate;
  absl::Status status =
      ReadPem("certificate", files.certificate, "certificate", &ReadCertificate, &certificate);
  if (!status.ok()) return status;
  Owned<EVP_PKEY> key;
  status = ReadPem("key", files.key_file(), "private key without a password", &ReadKey, &key);
  if (!status.ok()) return status;
  const bool is_pair = X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  if (is_pair) return absl::OkStatus();
  return Wrong("key", absl::StrCat("the key in ", files.key_file(),
                                   " is not that of the certificate in ", files.certificate));
}

}  // namespace springboard
