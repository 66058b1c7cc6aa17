#include "proto/signed_content.h"

#include <array>

#include "absl/strings/str_cat.h"

namespace springboard {
namespace {

// Nothing else that the key may be used for begins so.
constexpr absl::string_view kContext("springboard.v1 response\0", 24);

}  // namespace

SignedContent::Digest::Digest() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
  is_good_ = context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1;
}

void SignedContent::Digest::Add(uint32_t number) {
  std::array<char, sizeof(number)> bytes;
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(number >> (8 * i));
  is_good_ = is_good_ && EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1;
}

void SignedContent::Digest::AddBytes(absl::string_view bytes) {
  Add(static_cast<uint32_t>(bytes.size()));
  is_good_ = is_good_ && EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1;
}

std::string SignedContent::Digest::Finish() {
  constexpr size_t kSha256Bytes = 32;
  std::string digest(kSha256Bytes, '\0');
  if (!is_good_ ||
      EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(digest.data()),
                         nullptr) != 1) {
    return "";
  }
  return digest;
}

SignedContent::SignedContent() = default;

void SignedContent::AddRequest(const v1::Signature& signature, v1::Target target,
                               v1::CallerProfile profile) {
  requests_.Add(static_cast<uint32_t>(signature.parameters_size()));
  for (const int type : signature.parameters()) requests_.Add(static_cast<uint32_t>(type));
  requests_.Add(static_cast<uint32_t>(signature.result()));
  requests_.Add(signature.can_callback() ? 1 : 0);
  requests_.Add(static_cast<uint32_t>(target));
  requests_.Add(static_cast<uint32_t>(profile));
}

void SignedContent::Add(const v1::Signature& signature, v1::Target target,
                        v1::CallerProfile profile, const v1::Trampoline& trampoline) {
  AddRequest(signature, target, profile);
  answers_.Add(0);
  answers_.AddBytes(trampoline.code());
  answers_.Add(static_cast<uint32_t>(trampoline.relocation().kind()));
  answers_.Add(trampoline.relocation().callee_offset());
  answers_.Add(trampoline.alignment());
  answers_.Add(static_cast<uint32_t>(trampoline.target()));
  answers_.Add(static_cast<uint32_t>(trampoline.caller_profile()));
  answers_.Add(static_cast<uint32_t>(trampoline.fast_api().arguments_size()));
  for (const int type : trampoline.fast_api().arguments()) {
    answers_.Add(static_cast<uint32_t>(type));
  }
  answers_.Add(static_cast<uint32_t>(trampoline.fast_api().result()));
  answers_.Add(trampoline.frame_bytes());
  answers_.Add(trampoline.is_tail_call() ? 1 : 0);
  answers_.Add(trampoline.codegen_version());
}

void SignedContent::Add(const v1::Signature& signature, v1::Target target,
                        v1::CallerProfile profile, const google::rpc::Status& error) {
  AddRequest(signature, target, profile);
  // Never 0, which is a trampoline's.
  answers_.Add(error.code() != 0 ? static_cast<uint32_t>(error.code()) : UINT32_MAX);
  answers_.AddBytes(error.message());
}

std::string SignedContent::Finish() {
  const std::string requests = requests_.Finish();
  const std::string answers = answers_.Finish();
  if (requests.empty() || answers.empty()) return "";
  return absl::StrCat(kContext, requests, answers);
}

std::string SignedContentOf(const v1::CompileTrampolineRequest& request,
                            const v1::CompileTrampolineResponse& response) {
  SignedContent content;
  content.Add(request.signature(), request.target(), request.caller_profile(),
              response.trampoline());
  return content.Finish();
}

std::string SignedContentOf(const v1::BatchCompileTrampolinesRequest& request,
                            const v1::BatchCompileTrampolinesResponse& response) {
  SignedContent content;
  int next = 0;
  // Whether there was an answer left.
  const auto add = [&](const v1::Signature& signature, v1::Target target,
                       v1::CallerProfile profile) {
    if (next == response.items_size()) return false;
    const v1::BatchCompileTrampolinesResponse::Item& item = response.items(next++);
    if (item.has_trampoline()) {
      content.Add(signature, target, profile, item.trampoline());
    } else {
      content.Add(signature, target, profile, item.error());
    }
    return true;
  };
  for (const v1::CompileTrampolineRequest& one : request.requests()) {
    if (!add(one.signature(), one.target(), one.caller_profile())) return "";
  }
  const v1::BatchCompileTrampolinesRequest::Product& product = request.product();
  for (const v1::Signature& signature : product.signatures()) {
    for (const int target : product.targets()) {
      if (!add(signature, static_cast<v1::Target>(target), product.caller_profile())) return "";
    }
  }
  return next == response.items_size() ? content.Finish() : "";
}

}  // namespace springboard
