#ifndef SPRINGBOARD_CLIENT_CLI_LOAD_GENERATOR_H_
#define SPRINGBOARD_CLIENT_CLI_LOAD_GENERATOR_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "client/cli/load_tally.h"
#include "client/source/trampoline_source.h"
#include "compiler/compile_request.h"

namespace springboard {

struct LoadOptions {
  std::vector<CompileRequest> requests;         // Asked for in turn, again and again; at least one.
  uint32_t in_flight = 1;                       // Calls under way at a time.
  uint32_t batch = 1;                           // Trampolines of a call.
  absl::Duration deadline = absl::Seconds(10);  // Of a call.
  bool is_verifying = false;  // What the verifier rejects counts as FAILED_PRECONDITION.
};

// Keeps a source busy: as soon as a call ends the next is made, 50 ms later where the server could
// not be reached. Thread-safe.
class LoadGenerator {
 public:
  LoadGenerator(std::shared_ptr<TrampolineSource> source, LoadOptions options);
  // As GiveUp().
  ~LoadGenerator();
  LoadGenerator(const LoadGenerator&) = delete;
  LoadGenerator& operator=(const LoadGenerator&) = delete;

  // What became of the calls that ended since the last Take().
  LoadTally Take();

  // Makes no more calls, and waits for those under way.
  void Finish();

  // Makes no more calls, cancels those under way and waits for them; returns how many were cut
  // short, which no tally has.
  uint64_t GiveUp();

 private:
  class Lanes;

  const std::shared_ptr<Lanes> lanes_;  // Kept by calls under way.
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_CLI_LOAD_GENERATOR_H_
