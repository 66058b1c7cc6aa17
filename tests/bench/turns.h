#ifndef SPRINGBOARD_TESTS_BENCH_TURNS_H_
#define SPRINGBOARD_TESTS_BENCH_TURNS_H_

#include <functional>
#include <string>
#include <vector>

#include "tests/bench/measured.h"

namespace springboard {

// One of several ways of doing the same.
struct Way {
  std::string name;
  std::function<void()> run;  // Does it `count` times, in a few microseconds.
  int count;
};

// Registers a benchmark in which the ways take turns, so that what else the machine does, and the
// clock rate that it has, falls on all of them alike: whole repetitions are too far apart for
// differences of some percent. "NAME:WAY" is the median of the way's turns, in nanoseconds for each
// of `count`.
void AddTurns(const std::string& name, std::vector<Way> ways);

// Nanoseconds of a way; not a number if it was not measured.
double NanosecondsOf(const Measured& measured, const std::string& name, const std::string& way);

// How much longer `way` takes than `control`: the median of what each repetition gives. Not a
// number if one of them was not measured.
double RatioOf(const Measured& measured, const std::string& name, const std::string& way,
               const std::string& control);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_BENCH_TURNS_H_
