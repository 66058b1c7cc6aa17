#include "common/tls_files.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/watched_file.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

absl::Status Wrong(absl::string_view field, absl::string_view message) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kTlsFile, field, message);
}

// What `read` finds in the text of a PEM file.
template <typename T, typename Read>
absl::Status FindPem(absl::string_view field, const std::string& path, const std::string& text,
                     const char* what, const Read& read, Owned<T>* result) {
  const Owned<BIO> bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  if (bio != nullptr) result->reset(read(bio.get()));
  ERR_clear_error();
  if (*result != nullptr) return absl::OkStatus();
  return Wrong(field, absl::StrCat(path, " has no ", what, " in PEM"));
}

absl::StatusOr<std::string> Read(absl::string_view field, const std::string& path) {
  absl::StatusOr<std::string> text = WatchedFile::Read(path);
  if (!text.ok()) return Wrong(field, text.status().message());
  return text;
}

X509* FindCertificate(BIO* bio) { return PEM_read_bio_X509(bio, nullptr, nullptr, nullptr); }

EVP_PKEY* FindKey(BIO* bio) {
  // Nobody is asked for a password.
  const auto no_password = [](char*, int, int, void*) { return -1; };
  return PEM_read_bio_PrivateKey(bio, nullptr, no_password, nullptr);
}

// The chain and its key, that belong together.
absl::StatusOr<std::string> ReadIdentity(const TlsFiles& files) {
  absl::StatusOr<std::string> text = Read("certificate", files.certificate);
  if (!text.ok()) return text;
  Owned<X509> certificate;
  absl::Status status = FindPem("certificate", files.certificate, *text, "certificate",
                                &FindCertificate, &certificate);
  if (!status.ok()) return status;
  if (!files.key.empty()) {
    absl::StatusOr<std::string> key_text = Read("key", files.key);
    if (!key_text.ok()) return key_text;
    // Before it: the chain's file may have another key.
    *text = absl::StrCat(*key_text, "\n", *text);
  }
  Owned<EVP_PKEY> key;
  status =
      FindPem("key", files.key_file(), *text, "private key without a password", &FindKey, &key);
  if (!status.ok()) return status;
  const bool is_pair = X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  if (is_pair) return text;
  return Wrong("key", absl::StrCat("the key in ", files.key_file(),
                                   " is not that of the certificate in ", files.certificate));
}

}  // namespace

absl::StatusOr<TlsTexts> ReadTlsFiles(const TlsFiles& files) {
  if (files.certificate.empty() && !files.key.empty()) {
    return Wrong("certificate", "a key is of no use without its certificate");
  }
  TlsTexts texts;
  if (!files.authorities.empty()) {
    absl::StatusOr<std::string> text = Read("authorities", files.authorities);
    if (!text.ok()) return text.status();
    Owned<X509> authority;
    const absl::Status status = FindPem("authorities", files.authorities, *text, "certificate",
                                        &FindCertificate, &authority);
    if (!status.ok()) return status;
    texts.authorities = *std::move(text);
  }
  if (!files.certificate.empty()) {
    absl::StatusOr<std::string> identity = ReadIdentity(files);
    if (!identity.ok()) return identity.status();
    texts.identity = *std::move(identity);
  }
  return texts;
}

absl::StatusOr<absl::Time> CertificateEnd(const std::string& certificate) {
  const absl::StatusOr<std::string> text = Read("certificate", certificate);
  if (!text.ok()) return text.status();
  Owned<X509> first;
  const absl::Status status =
      FindPem("certificate", certificate, *text, "certificate", &FindCertificate, &first);
  if (!status.ok()) return status;
  tm end = {};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(first.get()), &end) != 1) {
    return Wrong("certificate", absl::StrCat(certificate, " does not say when it ends"));
  }
  return absl::FromTimeT(timegm(&end));
}

absl::Status CheckTlsFiles(const TlsFiles& files) { return ReadTlsFiles(files).status(); }

}  // namespace springboard
