#ifndef SPRINGBOARD_CLIENT_CLI_LOAD_REPORT_H_
#define SPRINGBOARD_CLIENT_CLI_LOAD_REPORT_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "client/cli/load_tally.h"

namespace springboard {

// Load, from its beginning to its end.
struct LoadResult {
  std::string what;        // "unix:/run/s.sock, 16 in flight, batches of 100"
  uint32_t in_flight = 0;  // As LoadOptions.
  uint32_t batch = 0;
  absl::Duration elapsed;     // With the last answer.
  bool is_cut_short = false;  // By a signal.
  uint64_t cancelled = 0;     // Calls that were under way then; the tally has none of them.
  LoadTally tally;
};

// For people: rates, quantiles and bars of latency, errors.
std::string LoadText(const LoadResult& result);

// The same for programs, as a JSON object; latencies in nanoseconds.
std::string LoadJson(const LoadResult& result);

// A latency with three digits and its unit: "1.25 ms".
std::string LatencyText(absl::Duration latency);

// How many a second.
double RateOf(uint64_t count, absl::Duration elapsed);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_CLI_LOAD_REPORT_H_
