#ifndef SPRINGBOARD_CLIENT_SOURCE_FALLBACK_SOURCE_H_
#define SPRINGBOARD_CLIENT_SOURCE_FALLBACK_SOURCE_H_

#include <memory>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "client/source/source_statistics.h"
#include "client/source/trampoline_source.h"

namespace springboard {

// Asks one source, and for what it does not give, another. The error of a request that neither
// gives is the other's.
class FallbackSource final : public TrampolineSource {
 public:
  // `patience` is how long the first may take; half of the time until a call's deadline is its
  // bound too, so that there is some left for the other.
  FallbackSource(std::shared_ptr<TrampolineSource> first, std::shared_ptr<TrampolineSource> other,
                 absl::Duration patience, std::shared_ptr<SourceStatistics> statistics)
      : first_(std::move(first)),
        other_(std::move(other)),
        patience_(patience),
        statistics_(std::move(statistics)) {}

  void Start(std::vector<CompileRequest> requests, const CallOptions& options,
             CompileCallback done) override;

  // Of the first that says.
  absl::StatusOr<Capabilities> GetCapabilities(const CallOptions& options) override;

 private:
  CallOptions OptionsOfFirst(const CallOptions& options) const;

  const std::shared_ptr<TrampolineSource> first_;
  const std::shared_ptr<TrampolineSource> other_;
  const absl::Duration patience_;
  const std::shared_ptr<SourceStatistics> statistics_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_SOURCE_FALLBACK_SOURCE_H_
