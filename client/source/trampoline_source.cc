#include "client/source/trampoline_source.h"

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/clock.h"

namespace springboard {

CompileResults TrampolineSource::CompileMany(absl::Span<const CompileRequest> requests,
                                             const CallOptions& options) {
  return CompileLater({requests.begin(), requests.end()}, options).get();
}

absl::StatusOr<Trampoline> TrampolineSource::Compile(const CompileRequest& request,
                                                     const CallOptions& options) {
  absl::Status wanted = CheckWanted(options);
  if (!wanted.ok()) return wanted;
  if (std::optional<Trampoline> kept = FindKept(request)) return *std::move(kept);
  return std::move(CompileLater({request}, options).get().front());
}

std::future<CompileResults> TrampolineSource::CompileLater(std::vector<CompileRequest> requests,
                                                           const CallOptions& options) {
  const auto promise = std::make_shared<std::promise<CompileResults>>();
  std::future<CompileResults> future = promise->get_future();
  Start(std::move(requests), options,
        [promise](CompileResults results) { promise->set_value(std::move(results)); });
  return future;
}

CompileResults AllFailed(size_t count, const absl::Status& status) {
  return CompileResults(count, status);
}

absl::Status CheckWanted(const CallOptions& options) {
  if (options.cancellation.is_cancelled()) return absl::CancelledError("the call was cancelled");
  // Most have none, and a clock takes as long to read as a cache.
  if (options.deadline != absl::InfiniteFuture() && options.deadline <= absl::Now()) {
    return absl::DeadlineExceededError("the deadline is past");
  }
  return absl::OkStatus();
}

}  // namespace springboard
