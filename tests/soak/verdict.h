#ifndef SPRINGBOARD_TESTS_SOAK_VERDICT_H_
#define SPRINGBOARD_TESTS_SOAK_VERDICT_H_

#include <string>
#include <vector>

#include "tests/soak/process_sample.h"

namespace springboard {

// By how much the memory of a server may have grown at the end of a soak: 1 %.
inline constexpr double kMaxDrift = 0.01;

// Threads that gRPC makes when it is first behind, and keeps.
inline constexpr int kMaxMoreThreads = 2;

// A server in a soak. Before and after load it has no connection; `under_load` are samples at equal
// distances.
struct SoakSamples {
  ProcessSample before;
  std::vector<ProcessSample> under_load;
  ProcessSample after;
};

// From where to where a value went: the lowest tenth of the first and of the last quarter. That is
// what stays when little is under way: what calls take that run just then goes up and down, by more
// than a server may grow.
struct Drift {
  double first = 0;
  double last = 0;

  // As a part of the first: 0.01 is 1 % more. Zero if that is zero.
  double relative() const { return first == 0 ? 0 : last / first - 1; }
};
Drift DriftOf(const std::vector<double>& values);

// That of the resident memory under load, in MB.
Drift MemoryDrift(const SoakSamples& samples);

// What grew, from what to what, a line each; empty if nothing did. Memory grows under load, by more
// than kMaxDrift; descriptors and threads from before to after it, when there are as many as the
// server needs for itself, and of threads by more than kMaxMoreThreads.
std::string WhatGrew(const SoakSamples& samples);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_SOAK_VERDICT_H_
