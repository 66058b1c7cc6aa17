#ifndef SPRINGBOARD_TESTS_REPLICAS_SCENARIOS_H_
#define SPRINGBOARD_TESTS_REPLICAS_SCENARIOS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tests/replicas/callers.h"
#include "tests/replicas/replicas.h"

namespace springboard {

struct ScenarioOptions {
  std::string program;
  Through through = Through::kDirect;
  absl::Duration time;   // At least; for those that last.
  int rolls = 1;         // For that which counts.
  absl::Status network;  // Whether this process has one of its own (EnterOwnNetwork()).
};

struct ScenarioResult {
  CallTally tally;
  std::string done;     // "5 kills"
  std::string skipped;  // Why the machine cannot run it; empty if it ran.
  std::string failure;  // Of the scenario itself; empty if there is none.
};

// What happens to replicas while clients call them.
struct Scenario {
  const char* name;
  bool is_timed;
  ScenarioResult (*run)(const ScenarioOptions& options);
};

// In the order in which they are run.
std::vector<Scenario> AllScenarios();

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_REPLICAS_SCENARIOS_H_
