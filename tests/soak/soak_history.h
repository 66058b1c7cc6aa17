#ifndef SPRINGBOARD_TESTS_SOAK_SOAK_HISTORY_H_
#define SPRINGBOARD_TESTS_SOAK_SOAK_HISTORY_H_

#include <string>
#include <vector>

#include "tests/soak/process_sample.h"

namespace springboard {

// What a soak saw, from its beginning, in seconds.
struct SoakHistory {
  struct Process {
    double seconds;
    ProcessSample sample;
  };
  // Of unary calls.
  struct Latency {
    double seconds;
    double p50_ms;
    double p99_ms;
  };

  std::vector<Process> process;
  std::vector<Latency> latencies;
};

// Memory, descriptors, threads and latency over time, in SVG.
std::string SoakChart(const SoakHistory& history, const std::string& title);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_SOAK_SOAK_HISTORY_H_
