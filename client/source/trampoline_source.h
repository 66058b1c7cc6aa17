#ifndef SPRINGBOARD_CLIENT_SOURCE_TRAMPOLINE_SOURCE_H_
#define SPRINGBOARD_CLIENT_SOURCE_TRAMPOLINE_SOURCE_H_

#include <cstdint>
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "client/source/cancellation.h"
#include "compiler/compile_request.h"
#include "compiler/trampoline.h"

namespace springboard {

// What a source can compile.
struct Capabilities {
  struct TargetSupport {
    std::string name;  // "x86_64-sysv"
    std::string isa;
    std::string caller_convention;
    std::string callee_convention;
  };

  std::string api_version;
  uint32_t codegen_version = 0;
  std::vector<TargetSupport> targets;
  std::vector<std::string> profiles;  // By name: "v8-10".
  uint32_t max_parameters = 0;
  uint32_t max_batch_items = 0;
  uint32_t max_message_bytes = 0;  // Of one request; 0 where there are no messages.
};

// Until when, and whether, an answer is wanted.
struct CallOptions {
  CallOptions(absl::Time until = absl::InfiniteFuture(), Cancellation given_up = {})  // NOLINT
      : deadline(until), cancellation(std::move(given_up)) {}

  absl::Time deadline;
  Cancellation cancellation;
};

// For each request, in order.
using CompileResults = std::vector<absl::StatusOr<Trampoline>>;
using CompileCallback = std::function<void(CompileResults)>;

// Where trampolines come from: a server, this process, a file, or other sources. Thread-safe. It
// may be destroyed while calls are in progress; they end as they would have.
//
// A request that fails does not affect the others. Beside the errors of its own, every source has
//   DEADLINE_EXCEEDED  there was no answer by the deadline
//   CANCELLED          the call was cancelled
class TrampolineSource {
 public:
  virtual ~TrampolineSource() = default;

  // Asks for all of them, and calls `done` once with as many results: before it returns, or in any
  // other thread. `done` must not block.
  virtual void Start(std::vector<CompileRequest> requests, const CallOptions& options,
                     CompileCallback done) = 0;

  // What is at hand for the request, so that Start() would ask nobody: found without a lock, for
  // any number of threads at a time. Nothing if there is none such; Start() may have it even so.
  virtual std::optional<Trampoline> FindKept(const CompileRequest& /*request*/) {
    return std::nullopt;
  }

  // The same as Start(), and waits. Not to be called from a CompileCallback.
  CompileResults CompileMany(absl::Span<const CompileRequest> requests,
                             const CallOptions& options = {});
  absl::StatusOr<Trampoline> Compile(const CompileRequest& request,
                                     const CallOptions& options = {});

  // The same, as a future.
  std::future<CompileResults> CompileLater(std::vector<CompileRequest> requests,
                                           const CallOptions& options = {});

  // Waits for what the source can compile.
  virtual absl::StatusOr<Capabilities> GetCapabilities(const CallOptions& options) = 0;
};

// The results of requests that all fail for one reason.
CompileResults AllFailed(size_t count, const absl::Status& status);

// DEADLINE_EXCEEDED or CANCELLED if the call has no time left.
absl::Status CheckWanted(const CallOptions& options);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_SOURCE_TRAMPOLINE_SOURCE_H_
