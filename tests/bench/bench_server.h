#ifndef SPRINGBOARD_TESTS_BENCH_BENCH_SERVER_H_
#define SPRINGBOARD_TESTS_BENCH_BENCH_SERVER_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tests/support/subprocess.h"

namespace springboard {

// A server in a process of its own, for a program of tools/bench that has it as data: so what it
// takes is known. Killed on destruction.
class BenchServer {
 public:
  // `program` is a path in the build: "server/springboard_server". Ends the program if the server
  // does not start.
  BenchServer(const std::string& program, std::vector<std::string> arguments);
  ~BenchServer();
  BenchServer(const BenchServer&) = delete;
  BenchServer& operator=(const BenchServer&) = delete;

  // What to connect to, with the port it took.
  const std::string& address() const { return address_; }

  // What it has taken so far, of all cores, in nanoseconds.
  double CpuNanoseconds() const;
  // Of memory, in bytes.
  double ResidentBytes() const;
  // The most it has had at a time since ResetPeak(), which starts at what it has then.
  double PeakBytes() const;
  void ResetPeak();

 private:
  // Of a line of one of the kernel's files about it; 0 if there is none.
  double BytesOf(absl::string_view file, absl::string_view field) const;

  RunningProgram program_;
  std::string address_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_BENCH_BENCH_SERVER_H_
