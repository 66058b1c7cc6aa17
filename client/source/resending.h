#ifndef SPRINGBOARD_CLIENT_SOURCE_RESENDING_H_
#define SPRINGBOARD_CLIENT_SOURCE_RESENDING_H_

#include <cstdint>
#include <optional>

#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

namespace springboard {

// How often a message has been sent in vain.
struct FailedSends {
  int refusals = 0;  // In a row, for want of capacity.
  int losses = 0;    // Its answer did not come.
};

// How an RPC ended.
enum class Ending : uint8_t {
  kAnswered,  // By the server, well or not.
  kLost,  // By whoever is between, or with the server's end; and there is a connection to ask by.
};

// How long to wait before a message that got this status is sent again, which is counted; nothing
// if the status is its answer. A server without capacity says how long: until the deadline, or 20
// times without one. What was lost is sent again twice, and soon: a proxy has other servers.
// Every method of springboard.v1 may be sent twice.
std::optional<absl::Duration> DelayBeforeResending(const absl::Status& status, Ending ending,
                                                   absl::Time deadline, FailedSends& failed,
                                                   absl::BitGen& random);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_SOURCE_RESENDING_H_
