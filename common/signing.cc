#include "common/signing.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

absl::Status Wrong(absl::string_view message) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kSigningKey, "signing_key", message);
}

absl::StatusOr<File> Open(const std::string& path) {
  File file(std::fopen(path.c_str(), "re"), &std::fclose);
  if (file != nullptr) return file;
  return Wrong(absl::StrCat("cannot read ", path, ": ", std::strerror(errno)));
}

// A key that was just read, or null; OpenSSL's own messages are of no use to anybody.
std::shared_ptr<EVP_PKEY> Own(EVP_PKEY* key) {
  ERR_clear_error();
  return {key, &EVP_PKEY_free};
}

bool IsEd25519(const std::shared_ptr<EVP_PKEY>& key) {
  return EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_ED25519;
}

}  // namespace

absl::StatusOr<SigningKey> SigningKey::Read(const std::string& path) {
  const absl::StatusOr<File> file = Open(path);
  if (!file.ok()) return file.status();
  // Nobody is asked for a password.
  const auto no_password = [](char*, int, int, void*) { return -1; };
  std::shared_ptr<EVP_PKEY> key =
      Own(PEM_read_PrivateKey(file->get(), nullptr, no_password, nullptr));
  if (key == nullptr || !IsEd25519(key)) {
    return Wrong(absl::StrCat(path, " has no Ed25519 private key without a password in PEM"));
  }
  return SigningKey(std::move(key));
}

std::string SigningKey::Sign(absl::string_view message) const {
  const Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  std::string signature(kSignatureBytes, '\0');
  size_t size = signature.size();
  if (context == nullptr ||
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     Bytes(message), message.size()) != 1) {
    ERR_clear_error();
    return "";
  }
  return signature;
}

absl::StatusOr<PinnedKeys> PinnedKeys::Read(const std::string& path) {
  const absl::StatusOr<File> file = Open(path);
  if (!file.ok()) return file.status();
  PinnedKeys keys;
  while (std::shared_ptr<EVP_PKEY> key =
             Own(PEM_read_PUBKEY(file->get(), nullptr, nullptr, nullptr))) {
    if (!IsEd25519(key)) {
      return Wrong(absl::StrCat(path, " has a public key that is not one of Ed25519"));
    }
    keys.keys_.push_back(std::move(key));
    if (keys.keys_.size() > kMaxKeys) {
      return Wrong(absl::StrCat(path, " has more than ", kMaxKeys, " keys"));
    }
  }
  if (keys.keys_.empty()) {
    return Wrong(absl::StrCat(path, " has no Ed25519 public key in PEM"));
  }
  return keys;
}

bool PinnedKeys::Verify(absl::string_view message, absl::string_view signature) const {
  if (signature.size() != kSignatureBytes) return false;
  for (const std::shared_ptr<EVP_PKEY>& key : keys_) {
    const Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    const bool is_signed =
        context != nullptr &&
        EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
        EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(message),
                         message.size()) == 1;
    ERR_clear_error();
    if (is_signed) return true;
  }
  return false;
}

}  // namespace springboard
