#ifndef SPRINGBOARD_CLIENT_SOURCE_PACK_SOURCE_H_
#define SPRINGBOARD_CLIENT_SOURCE_PACK_SOURCE_H_

#include <utility>
#include <vector>

#include "client/pack/pack.h"
#include "client/source/trampoline_source.h"

namespace springboard {

// Trampolines of a pack. Errors: those of Pack::Find().
class PackSource final : public TrampolineSource {
 public:
  explicit PackSource(Pack pack) : pack_(std::move(pack)) {}

  void Start(std::vector<CompileRequest> requests, const CallOptions& options,
             CompileCallback done) override;

  // UNIMPLEMENTED: a pack compiles nothing.
  absl::StatusOr<Capabilities> GetCapabilities(const CallOptions& options) override;

 private:
  const Pack pack_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_SOURCE_PACK_SOURCE_H_
