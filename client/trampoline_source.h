#ifndef SPRINGBOARD_CLIENT_TRAMPOLINE_SOURCE_H_
#define SPRINGBOARD_CLIENT_TRAMPOLINE_SOURCE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
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

// Where trampolines come from: a server, or this process. Thread-safe.
class TrampolineSource {
 public:
  virtual ~TrampolineSource() = default;

  // Ends with DEADLINE_EXCEEDED if there is no answer by `deadline`; other errors are the
  // source's own.
  virtual absl::StatusOr<Trampoline> Compile(const CompileRequest& request,
                                             absl::Time deadline) = 0;

  // A result for each request, in order; one that fails does not affect the others.
  virtual std::vector<absl::StatusOr<Trampoline>> CompileMany(
      absl::Span<const CompileRequest> requests, absl::Time deadline) = 0;

  virtual absl::StatusOr<Capabilities> GetCapabilities(absl::Time deadline) = 0;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_TRAMPOLINE_SOURCE_H_
