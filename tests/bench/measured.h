#ifndef SPRINGBOARD_TESTS_BENCH_MEASURED_H_
#define SPRINGBOARD_TESTS_BENCH_MEASURED_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace springboard {

// What one program of tools/bench measures, and what follows from it.

// All repetitions of one benchmark, in one unit.
struct Repetitions {
  std::vector<double> values;

  double Median() const;
  // How far apart the quartiles are, as a part of the median: 0.02 is 2 %.
  double Spread() const;
};

// By the benchmark's name; nanoseconds of an iteration, of real time where the benchmark says so
// and else of CPU time. A counter is "NAME:COUNTER", as the benchmark left it.
using Measured = std::map<std::string, Repetitions>;

// How a figure is judged. Nothing is gated by it: the table says which goals are met.
enum class Goal { kNone, kAtMost, kAtLeast };

// A ratio, a rate or a count, by the name that tools/bench's JSON has it under.
struct Figure {
  std::string name;
  double value;
  Goal goal = Goal::kNone;
  double limit = 0;  // Without a meaning for kNone.
};

// A line of a chart; x ascending.
struct Line {
  std::string name;
  std::vector<double> x;
  std::vector<double> y;
};

struct Chart {
  std::string name;  // Of the file, without ".svg": "scale_batch".
  std::string title;
  std::string x_name;
  std::string y_name;
  bool is_logarithmic = false;  // Both axes.
  // A bar chart of each line's values with the names below if there are any, else lines.
  std::vector<std::string> bars;
  std::vector<Line> lines;
};

struct Findings {
  std::vector<Figure> figures;
  std::vector<Chart> charts;
  // What a reader should know of a measurement: what was skipped on this machine, and why.
  std::vector<std::string> notes;
};

struct BenchOptions {
  bool is_quick = false;  // A few seconds for the program.
};

// main() of such a program. `add` registers with Google Benchmark; all repetitions of all
// benchmarks are interleaved in random order, and `find` gets what came; `add` is null where
// nothing is timed. Takes Google Benchmark's arguments, --quick and --json=FILE, into which it
// writes all of it for bench_report. Exit codes: 0, 1 if the file cannot be written or a benchmark
// failed, 2 wrong usage.
int BenchMain(int argc, char** argv, const std::function<void(const BenchOptions&)>& add,
              const std::function<Findings(const Measured&, const BenchOptions&)>& find);

// The exponent of a power law through the points, by least squares over the logarithms: 1 is
// linear.
double FitExponent(const std::vector<double>& x, const std::vector<double>& y);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_BENCH_MEASURED_H_
