#ifndef SPRINGBOARD_TESTS_SOAK_VERDICT_H_
#define SPRINGBOARD_TESTS_SOAK_VERDICT_H_

#include <string>

#include "tests/soak/process_sample.h"

namespace springboard {

// By how much the memory of a server may have grown at the end of a soak: 1 %.
inline constexpr double kMaxDrift = 0.01;

// Threads that gRPC makes when it is first behind, and keeps.
inline constexpr int kMaxMoreThreads = 2;

// A server before and after load, both times at rest: without a connection, and when it has given
// back what is free. What a server has under load goes up and down with the calls that happen to be
// under way, by far more than it may grow; what it does not let go of is there at rest.
struct SoakSamples {
  ProcessSample before;
  ProcessSample after;
};

// By how much the resident memory grew, as a part of what it was: 0.01 is 1 % more. Zero if it was
// zero.
double MemoryDrift(const SoakSamples& samples);

// What grew, from what to what, a line each; empty if nothing did. Memory grows by more than
// kMaxDrift, threads by more than kMaxMoreThreads, and descriptors by one.
std::string WhatGrew(const SoakSamples& samples);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_SOAK_VERDICT_H_
