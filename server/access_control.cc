#include "server/access_control.h"

#include <grpc/grpc_security_constants.h>
#include <openssl/crypto.h>

#include <iostream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace springboard {
namespace {

constexpr char kAuthorization[] = "authorization";
constexpr absl::string_view kBearer = "Bearer ";

absl::string_view View(const grpc::string_ref& text) { return {text.data(), text.size()}; }

// How long it takes does not tell how much of it is right.
bool IsSame(absl::string_view a, absl::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

absl::StatusOr<std::shared_ptr<AccessControl>> AccessControl::Create(const std::string& policy,
                                                                     const std::string& tokens) {
  const absl::StatusOr<std::string> text =
      policy.empty() ? absl::StatusOr<std::string>("/* token") : WatchedFile::Read(policy);
  if (!text.ok()) return text.status();
  absl::StatusOr<AccessPolicy> parsed = AccessPolicy::Parse(*text);
  if (!parsed.ok()) {
    return absl::Status(parsed.status().code(),
                        absl::StrCat(policy, ": ", parsed.status().message()));
  }
  std::unique_ptr<WatchedFile> watched;
  if (!tokens.empty()) {
    // Tokens that cannot be read are revoked.
    watched = std::make_unique<WatchedFile>(tokens, WatchedFile::Unreadable::kIsError);
    const auto first = watched->Get();
    if (!first.ok()) return first.status();
  }
  return std::shared_ptr<AccessControl>(new AccessControl(*std::move(parsed), std::move(watched)));
}

bool AccessControl::IsToken(absl::string_view token) const {
  if (tokens_ == nullptr || token.empty()) return false;
  const auto text = tokens_->Get();
  if (!text.ok()) {
    if (!has_warned_.exchange(true)) {
      std::cerr << absl::StrCat("springboard_server: warning: ", text.status().message(),
                                "; no token is accepted\n");
    }
    return false;
  }
  has_warned_ = false;
  bool is_token = false;
  for (const absl::string_view line : absl::StrSplit(**text, '\n')) {
    const absl::string_view one = absl::StripAsciiWhitespace(line);
    is_token |= !one.empty() && IsSame(one, token);
  }
  return is_token;
}

grpc::Status AccessControl::Process(const InputMetadata& metadata, grpc::AuthContext* context,
                                    OutputMetadata* consumed, OutputMetadata* /*response*/) {
  Caller caller;
  // Apart: a name of one kind may look like one of the other.
  for (const grpc::string_ref& name : context->FindPropertyValues(GRPC_PEER_DNS_PROPERTY_NAME)) {
    caller.names.emplace_back(name.data(), name.size());
  }
  for (const grpc::string_ref& uri : context->FindPropertyValues(GRPC_PEER_URI_PROPERTY_NAME)) {
    caller.uris.emplace_back(uri.data(), uri.size());
  }
  const auto authorization = metadata.find(kAuthorization);
  if (authorization != metadata.end()) {
    absl::string_view token = View(authorization->second);
    caller.has_token = absl::ConsumePrefix(&token, kBearer) && IsToken(token);
    consumed->emplace(kAuthorization, std::string(View(authorization->second)));
  }
  const auto path = metadata.find(":path");
  const absl::string_view method = path != metadata.end() ? View(path->second) : "";
  if (policy_.Allows(caller, method)) return grpc::Status::OK;
  if (caller.names.empty() && caller.uris.empty() && !caller.has_token) {
    return {grpc::StatusCode::UNAUTHENTICATED,
            absl::StrCat("this server wants a certificate or a token for ", std::string(method))};
  }
  return {grpc::StatusCode::PERMISSION_DENIED,
          absl::StrCat("the caller may not call ", std::string(method))};
}

}  // namespace springboard
