#ifndef SPRINGBOARD_CLIENT_SOURCE_CIRCUIT_BREAKER_SOURCE_H_
#define SPRINGBOARD_CLIENT_SOURCE_CIRCUIT_BREAKER_SOURCE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "client/source/source_statistics.h"
#include "client/source/trampoline_source.h"

namespace springboard {

// How long a source that fails is left alone: `initial` after the first failure, `multiplier` times
// as long after each further one up to `max`, each drawn from 1 - `jitter` to 1 + `jitter` of it.
struct BackoffOptions {
  absl::Duration initial = absl::Milliseconds(100);
  absl::Duration max = absl::Seconds(10);
  double multiplier = 1.6;
  double jitter = 0.2;
};

// Leaves a source alone for a while after it failed, and then lets one call try it before others.
// Failing is to answer no request of a call, but for errors of the requests themselves
// (INVALID_ARGUMENT) and calls that were given up. Deadlines that left it less than 100 ms are
// counted once five in a row were missed.
//
// Error while the source is left alone: UNAVAILABLE, CIRCUIT_OPEN, with the failure's message.
class CircuitBreakerSource final : public TrampolineSource {
 public:
  CircuitBreakerSource(std::shared_ptr<TrampolineSource> source, const BackoffOptions& backoff,
                       std::shared_ptr<SourceStatistics> statistics);

  void Start(std::vector<CompileRequest> requests, const CallOptions& options,
             CompileCallback done) override;
  absl::StatusOr<Capabilities> GetCapabilities(const CallOptions& options) override;

 private:
  class Circuit;

  const std::shared_ptr<TrampolineSource> source_;
  const std::shared_ptr<Circuit> circuit_;  // Kept by calls in progress.
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_SOURCE_CIRCUIT_BREAKER_SOURCE_H_
