#ifndef SPRINGBOARD_CLIENT_PACK_SHA256_H_
#define SPRINGBOARD_CLIENT_PACK_SHA256_H_

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "absl/strings/string_view.h"
#include "client/pack/pack_format.h"

namespace springboard {

// The SHA-256 of bytes that come in portions. Thread-compatible.
class Sha256 {
 public:
  using Digest = std::array<uint8_t, kPackDigestBytes>;

  Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    is_good_ = context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1;
  }

  void Add(absl::string_view bytes) {
    is_good_ = is_good_ && EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1;
  }

  // Once, at the end; nothing if there is no memory, or SHA-256 is not allowed here.
  std::optional<Digest> Finish() {
    Digest digest = {};
    unsigned int size = 0;
    if (!is_good_ || EVP_DigestFinal_ex(context_.get(), digest.data(), &size) != 1) return {};
    return digest;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
  bool is_good_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_PACK_SHA256_H_
