#ifndef SPRINGBOARD_CLIENT_IN_PROCESS_IN_PROCESS_SOURCE_H_
#define SPRINGBOARD_CLIENT_IN_PROCESS_IN_PROCESS_SOURCE_H_

#include <vector>

#include "client/trampoline_source.h"

namespace springboard {

// Compiles in this process, without a server. Errors: those of Compile(), and DEADLINE_EXCEEDED
// for requests not begun by the deadline.
class InProcessSource final : public TrampolineSource {
 public:
  absl::StatusOr<Trampoline> Compile(const CompileRequest& request, absl::Time deadline) override;
  std::vector<absl::StatusOr<Trampoline>> CompileMany(absl::Span<const CompileRequest> requests,
                                                      absl::Time deadline) override;
  absl::StatusOr<Capabilities> GetCapabilities(absl::Time deadline) override;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_IN_PROCESS_IN_PROCESS_SOURCE_H_
