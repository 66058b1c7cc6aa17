#include "client/source/resending.h"

#include <algorithm>

#include "absl/time/clock.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

// How often a call without a deadline asks again that is refused every time.
constexpr int kMaxRefusals = 20;

constexpr int kMaxLosses = 2;
constexpr absl::Duration kLossDelay = absl::Milliseconds(25);

// How long to wait after so many refusals in a row, whatever a server says: as it told, longer when
// that was too short several times, and not all who were refused together at once.
absl::Duration DelayAfterRefusal(absl::Duration told, int refusals, absl::BitGen& random) {
  constexpr absl::Duration kMinDelay = absl::Milliseconds(10);
  constexpr absl::Duration kMaxDelay = absl::Minutes(1);
  constexpr int kMaxDoublings = 5;
  const int factor = 1 << std::min(refusals / 4, kMaxDoublings);
  const absl::Duration delay = std::min(std::max(told, kMinDelay), kMaxDelay);
  return std::min(factor * delay, kMaxDelay) * absl::Uniform(random, 1.0, 1.5);
}

// What a server without capacity told.
std::optional<absl::Duration> ToldDelay(const absl::Status& status) {
  if (status.code() != absl::StatusCode::kResourceExhausted) return std::nullopt;
  return GetRetryDelay(status);
}

}  // namespace

std::optional<absl::Duration> DelayBeforeResending(const absl::Status& status, Ending ending,
                                                   absl::Time deadline, FailedSends& failed,
                                                   absl::BitGen& random) {
  absl::Duration delay;
  if (const std::optional<absl::Duration> told = ToldDelay(status)) {
    if (deadline == absl::InfiniteFuture() && failed.refusals >= kMaxRefusals) return std::nullopt;
    delay = DelayAfterRefusal(*told, failed.refusals++, random);
  } else if (ending == Ending::kLost && failed.losses < kMaxLosses) {
    delay = kLossDelay * (1 << failed.losses++) * absl::Uniform(random, 1.0, 1.5);
  } else {
    return std::nullopt;
  }
  if (absl::Now() + delay >= deadline) return std::nullopt;
  return delay;
}

}  // namespace springboard
