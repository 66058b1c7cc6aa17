#ifndef SPRINGBOARD_PROTO_SIGNED_CONTENT_H_
#define SPRINGBOARD_PROTO_SIGNED_CONTENT_H_

#include <openssl/evp.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "google/rpc/status.pb.h"
#include "springboard/v1/trampoline_compiler.pb.h"

namespace springboard {

// What a server signs of a response and a client checks, as ResponseSignature defines it. The same
// content gives the same bytes on every machine, however messages are encoded on the way.
class SignedContent {
 public:
  SignedContent();

  // The answer to the next request, a trampoline or an error.
  void Add(const v1::Signature& signature, v1::Target target, v1::CallerProfile profile,
           const v1::Trampoline& trampoline);
  void Add(const v1::Signature& signature, v1::Target target, v1::CallerProfile profile,
           const google::rpc::Status& error);

  // The bytes to sign. Nothing is added after this. None if there is no memory.
  std::string Finish();

 private:
  // SHA-256 of numbers and bytes.
  class Digest {
   public:
    Digest();
    void Add(uint32_t number);
    void AddBytes(absl::string_view bytes);
    std::string Finish();

   private:
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
    bool is_good_;
  };

  void AddRequest(const v1::Signature& signature, v1::Target target, v1::CallerProfile profile);

  Digest requests_;
  Digest answers_;
};

// Of a whole response and what it answers. None if it does not have an answer to each request, or
// there is no memory.
std::string SignedContentOf(const v1::CompileTrampolineRequest& request,
                            const v1::CompileTrampolineResponse& response);
std::string SignedContentOf(const v1::BatchCompileTrampolinesRequest& request,
                            const v1::BatchCompileTrampolinesResponse& response);

}  // namespace springboard

#endif  // SPRINGBOARD_PROTO_SIGNED_CONTENT_H_
