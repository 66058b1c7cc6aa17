#ifndef SPRINGBOARD_SERVER_ACCESS_CONTROL_H_
#define SPRINGBOARD_SERVER_ACCESS_CONTROL_H_

#include <grpcpp/security/auth_metadata_processor.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/watched_file.h"
#include "server/access_policy.h"
#include "server/call_observer.h"

namespace springboard {

// Lets gRPC refuse calls, of every service, before anything else sees them: UNAUTHENTICATED those
// that show nothing of use, PERMISSION_DENIED others. Tokens are never passed on or logged.
// Thread-safe.
class AccessControl final : public grpc::AuthMetadataProcessor {
 public:
  using Warn = std::function<void(absl::string_view line)>;

  // Who may call what: `policy` is a file of AccessPolicy, or empty for "/* token"; `tokens` a file
  // of bearer tokens, a line each, which is read again when it changes, or empty.
  struct Files {
    std::string policy;
    std::string tokens;

    bool has_any() const { return !policy.empty() || !tokens.empty(); }
  };

  // `warn` takes what an operator should know; `observer` is told of each call that is refused, if
  // it is not null. Errors: those of AccessPolicy::Parse(); NOT_FOUND.
  static absl::StatusOr<std::shared_ptr<AccessControl>> Create(
      const Files& files, Warn warn, std::shared_ptr<CallObserver> observer);

  // The same errors, and nothing else.
  static absl::Status Check(const Files& files) { return Read(files).status(); }

  // Takes these files for the calls that come from now on. The same errors; then all is as before.
  absl::Status Reload(const Files& files);

  bool IsBlocking() const override { return false; }
  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext* context,
                       OutputMetadata* consumed, OutputMetadata* response) override;

 private:
  // What the files say.
  struct Rules {
    AccessPolicy policy;
    std::unique_ptr<WatchedFile> tokens;  // May be null.
  };

  AccessControl(std::shared_ptr<const Rules> rules, Warn warn,
                std::shared_ptr<CallObserver> observer)
      : warn_(std::move(warn)), observer_(std::move(observer)), rules_(std::move(rules)) {}

  static absl::StatusOr<std::shared_ptr<const Rules>> Read(const Files& files);
  bool IsToken(const Rules& rules, absl::string_view token) const;
  grpc::Status Refuse(const InputMetadata& metadata, absl::string_view path,
                      const absl::Status& why) const;

  const Warn warn_;
  const std::shared_ptr<CallObserver> observer_;
  absl::Mutex mutex_;
  std::shared_ptr<const Rules> rules_ ABSL_GUARDED_BY(mutex_);
  mutable std::atomic<bool> has_warned_ = false;  // That tokens cannot be read.
};

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_ACCESS_CONTROL_H_
