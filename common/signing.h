#ifndef SPRINGBOARD_COMMON_SIGNING_H_
#define SPRINGBOARD_COMMON_SIGNING_H_

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace springboard {

// Bytes of an Ed25519 signature (RFC 8032).
inline constexpr size_t kSignatureBytes = 64;

// An Ed25519 private key. Thread-safe.
class SigningKey {
 public:
  // The key of a PEM file without a password, as `openssl genpkey -algorithm ed25519` writes it.
  // Error: INVALID_ARGUMENT, SIGNING_KEY, with the file.
  static absl::StatusOr<SigningKey> Read(const std::string& path);

  // kSignatureBytes bytes; none if there is no memory.
  std::string Sign(absl::string_view message) const;

 private:
  explicit SigningKey(std::shared_ptr<EVP_PKEY> key) : key_(std::move(key)) {}

  std::shared_ptr<EVP_PKEY> key_;
};

// Ed25519 public keys, any of which may have signed. Thread-safe.
class PinnedKeys {
 public:
  static constexpr size_t kMaxKeys = 16;

  // Those of a PEM file, 1 to kMaxKeys, as `openssl pkey -pubout` writes them: more than one while
  // servers change their key. Error: INVALID_ARGUMENT, SIGNING_KEY, with the file.
  static absl::StatusOr<PinnedKeys> Read(const std::string& path);

  // Whether one of them signed it.
  bool Verify(absl::string_view message, absl::string_view signature) const;

 private:
  PinnedKeys() = default;

  std::vector<std::shared_ptr<EVP_PKEY>> keys_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_COMMON_SIGNING_H_
