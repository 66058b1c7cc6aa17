#ifndef SPRINGBOARD_SERVER_ACCESS_CONTROL_H_
#define SPRINGBOARD_SERVER_ACCESS_CONTROL_H_

#include <grpcpp/security/auth_metadata_processor.h>

#include <atomic>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/watched_file.h"
#include "server/access_policy.h"

namespace springboard {

// Lets gRPC refuse calls, of every service, before anything else sees them: UNAUTHENTICATED those
// that show nothing of use, PERMISSION_DENIED others. Tokens are never passed on or logged.
// Thread-safe.
class AccessControl final : public grpc::AuthMetadataProcessor {
 public:
  // `policy` is a file of AccessPolicy, or empty for "/* token"; `tokens` a file of bearer tokens,
  // a line each, which is read again when it changes, or empty. Errors: those of
  // AccessPolicy::Parse(); NOT_FOUND.
  static absl::StatusOr<std::shared_ptr<AccessControl>> Create(const std::string& policy,
                                                               const std::string& tokens);

  bool IsBlocking() const override { return false; }
  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext* context,
                       OutputMetadata* consumed, OutputMetadata* response) override;

 private:
  AccessControl(AccessPolicy policy, std::unique_ptr<WatchedFile> tokens)
      : policy_(std::move(policy)), tokens_(std::move(tokens)) {}

  bool IsToken(absl::string_view token) const;

  const AccessPolicy policy_;
  const std::unique_ptr<WatchedFile> tokens_;     // May be null.
  mutable std::atomic<bool> has_warned_ = false;  // That they cannot be read.
};

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_ACCESS_CONTROL_H_
