#ifndef SPRINGBOARD_CLIENT_SOURCE_IN_PROCESS_SOURCE_H_
#define SPRINGBOARD_CLIENT_SOURCE_IN_PROCESS_SOURCE_H_

#include <vector>

#include "client/source/trampoline_source.h"

namespace springboard {

// Compiles in this process, in the thread that asks. Errors: those of Compile().
class InProcessSource final : public TrampolineSource {
 public:
  void Start(std::vector<CompileRequest> requests, const CallOptions& options,
             CompileCallback done) override;
  absl::StatusOr<Capabilities> GetCapabilities(const CallOptions& options) override;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_SOURCE_IN_PROCESS_SOURCE_H_
