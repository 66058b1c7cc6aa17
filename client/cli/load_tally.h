#ifndef SPRINGBOARD_CLIENT_CLI_LOAD_TALLY_H_
#define SPRINGBOARD_CLIENT_CLI_LOAD_TALLY_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/time/time.h"
#include "client/cli/latency_histogram.h"
#include "client/source/trampoline_source.h"

namespace springboard {

// What became of calls. Thread-compatible.
class LoadTally {
 public:
  // Of one code and reason, "RESOURCE_EXHAUSTED TOO_MANY_CALLS".
  struct Error {
    uint64_t calls = 0;        // With any such answer.
    uint64_t trampolines = 0;  // That were answered so.
    std::string message;       // Of the first.
  };

  // A server that makes up reasons gets no more than so many; the others are "OTHER".
  static constexpr size_t kMaxErrors = 32;

  // Counts a call with these answers.
  void Add(const CompileResults& results, absl::Duration latency);
  void Add(const LoadTally& other);

  uint64_t calls() const { return calls_; }
  // Those of which any answer was an error.
  uint64_t failed_calls() const { return failed_calls_; }
  // Without those that were errors.
  uint64_t trampolines() const { return trampolines_; }
  // Of the calls that did not fail.
  const LatencyHistogram& latencies() const { return latencies_; }
  const std::map<std::string, Error>& errors() const { return errors_; }

 private:
  Error& ErrorOf(const std::string& kind);

  uint64_t calls_ = 0;
  uint64_t failed_calls_ = 0;
  uint64_t trampolines_ = 0;
  LatencyHistogram latencies_;
  std::map<std::string, Error> errors_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_CLI_LOAD_TALLY_H_
