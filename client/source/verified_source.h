#ifndef SPRINGBOARD_CLIENT_SOURCE_VERIFIED_SOURCE_H_
#define SPRINGBOARD_CLIENT_SOURCE_VERIFIED_SOURCE_H_

#include <memory>
#include <utility>
#include <vector>

#include "client/source/source_statistics.h"
#include "client/source/trampoline_source.h"

namespace springboard {

// A source whose every trampoline is proven to be the one that was asked for. Instead of another
// there is an error, that of CheckCode(), or INTERNAL, WRONG_TARGET if it is for another target or
// profile.
class VerifiedSource final : public TrampolineSource {
 public:
  VerifiedSource(std::shared_ptr<TrampolineSource> source,
                 std::shared_ptr<SourceStatistics> statistics)
      : source_(std::move(source)), statistics_(std::move(statistics)) {}

  void Start(std::vector<CompileRequest> requests, const CallOptions& options,
             CompileCallback done) override;
  absl::StatusOr<Capabilities> GetCapabilities(const CallOptions& options) override;

 private:
  const std::shared_ptr<TrampolineSource> source_;
  const std::shared_ptr<SourceStatistics> statistics_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_SOURCE_VERIFIED_SOURCE_H_
