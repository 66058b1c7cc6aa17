#include "server/access_control.h"

#include <grpc/grpc_security_constants.h>
#include <openssl/crypto.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "proto/grpc_status.h"
#include "server/request_id.h"

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

absl::StatusOr<std::shared_ptr<const AccessControl::Rules>> AccessControl::Read(
    const Files& files) {
  const absl::StatusOr<std::string> text = files.policy.empty()
                                               ? absl::StatusOr<std::string>("/* token")
                                               : WatchedFile::Read(files.policy);
  if (!text.ok()) return text.status();
  absl::StatusOr<AccessPolicy> parsed = AccessPolicy::Parse(*text);
  if (!parsed.ok()) {
    return absl::Status(parsed.status().code(),
                        absl::StrCat(files.policy, ": ", parsed.status().message()));
  }
  std::unique_ptr<WatchedFile> tokens;
  if (!files.tokens.empty()) {
    // Tokens that cannot be read are revoked.
    tokens = std::make_unique<WatchedFile>(files.tokens, WatchedFile::Unreadable::kIsError);
    const auto first = tokens->Get();
    if (!first.ok()) return first.status();
  }
  return std::make_shared<const Rules>(Rules{*std::move(parsed), std::move(tokens)});
}

absl::StatusOr<std::shared_ptr<AccessControl>> AccessControl::Create(
    const Files& files, Warn warn, std::shared_ptr<CallObserver> observer) {
  absl::StatusOr<std::shared_ptr<const Rules>> rules = Read(files);
  if (!rules.ok()) return rules.status();
  return std::shared_ptr<AccessControl>(
      new AccessControl(*std::move(rules), std::move(warn), std::move(observer)));
}

absl::Status AccessControl::Reload(const Files& files) {
  absl::StatusOr<std::shared_ptr<const Rules>> rules = Read(files);
  if (!rules.ok()) return rules.status();
  const absl::MutexLock lock(&mutex_);
  rules_ = *std::move(rules);
  return absl::OkStatus();
}

bool AccessControl::IsToken(const Rules& rules, absl::string_view token) const {
  if (rules.tokens == nullptr || token.empty()) return false;
  const auto text = rules.tokens->Get();
  if (!text.ok()) {
    if (!has_warned_.exchange(true)) {
      warn_(absl::StrCat(text.status().message(), "; no token is accepted"));
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

grpc::Status AccessControl::Refuse(const InputMetadata& metadata, absl::string_view path,
                                   const absl::Status& why) const {
  if (observer_ != nullptr) {
    const Work none;
    const std::string request_id = RequestIdOf(metadata);
    CallRecord record;
    record.method = MethodOf(path);
    record.path = path;
    record.status = &why;
    record.work = &none;
    record.request_id = request_id;
    observer_->OnCall(record);
  }
  return ToGrpcStatus(why);
}

grpc::Status AccessControl::Process(const InputMetadata& metadata, grpc::AuthContext* context,
                                    OutputMetadata* consumed, OutputMetadata* /*response*/) {
  std::shared_ptr<const Rules> rules;
  {
    const absl::MutexLock lock(&mutex_);
    rules = rules_;
  }
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
    caller.has_token = absl::ConsumePrefix(&token, kBearer) && IsToken(*rules, token);
    consumed->emplace(kAuthorization, std::string(View(authorization->second)));
  }
  const auto path = metadata.find(":path");
  const absl::string_view method = path != metadata.end() ? View(path->second) : "";
  if (rules->policy.Allows(caller, method)) return grpc::Status::OK;
  if (caller.names.empty() && caller.uris.empty() && !caller.has_token) {
    return Refuse(metadata, method,
                  absl::UnauthenticatedError(
                      absl::StrCat("this server wants a certificate or a token for ", method)));
  }
  return Refuse(metadata, method,
                absl::PermissionDeniedError(absl::StrCat("the caller may not call ", method)));
}

}  // namespace springboard
