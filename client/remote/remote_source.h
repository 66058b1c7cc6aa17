#ifndef SPRINGBOARD_CLIENT_REMOTE_REMOTE_SOURCE_H_
#define SPRINGBOARD_CLIENT_REMOTE_REMOTE_SOURCE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "client/trampoline_source.h"
#include "springboard/v1/trampoline_compiler.grpc.pb.h"

namespace springboard {

// Trampolines from a server. Besides the errors that trampoline_compiler.proto documents:
//   UNAVAILABLE  the server cannot be reached; the message has its address
//   INTERNAL     the answer is not what was asked for (MALFORMED_RESPONSE, WRONG_TARGET,
//                UNKNOWN_TARGET, UNKNOWN_PROFILE, UNKNOWN_RELOCATION,
//                CALLEE_OFFSET_OUT_OF_RANGE)
// Thread-safe.
class RemoteSource final : public TrampolineSource {
 public:
  // `address` is unix:/path, unix-abstract:name or host:port. Connects on the first call, and
  // again after the connection is lost.
  explicit RemoteSource(const std::string& address);

  absl::StatusOr<Trampoline> Compile(const CompileRequest& request, absl::Time deadline) override;

  // Splits what is more than the server takes in one batch.
  std::vector<absl::StatusOr<Trampoline>> CompileMany(absl::Span<const CompileRequest> requests,
                                                      absl::Time deadline) override;

  absl::StatusOr<Capabilities> GetCapabilities(absl::Time deadline) override;

 private:
  struct BatchLimits {
    size_t items;
    size_t message_bytes;
  };

  static v1::BatchCompileTrampolinesRequest FillBatch(absl::Span<const CompileRequest> requests,
                                                      const BatchLimits& limits);

  absl::StatusOr<BatchLimits> GetBatchLimits(absl::Time deadline);
  absl::Status CallBatch(const v1::BatchCompileTrampolinesRequest& batch, absl::Time deadline,
                         v1::BatchCompileTrampolinesResponse* response);
  absl::Status ToStatus(const grpc::Status& status) const;

  const std::string address_;
  const std::unique_ptr<v1::TrampolineCompiler::Stub> stub_;
  absl::Mutex mutex_;
  std::optional<BatchLimits> batch_limits_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_REMOTE_REMOTE_SOURCE_H_
