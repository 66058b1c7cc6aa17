#ifndef SPRINGBOARD_TESTS_SUPPORT_SUBPROCESS_H_
#define SPRINGBOARD_TESTS_SUPPORT_SUBPROCESS_H_

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace springboard {

// What became of a program that ran to its end.
struct ProcessResult {
  int exit_code;  // Minus the signal that ended it.
  std::string out;
  std::string err;
};

// Runs a program of the build ("server/springboard_server", found in the runfiles) or of the
// system ("/bin/true"), with `input` on its stdin. One that has not ended by then is killed, with
// what it started.
ProcessResult RunProgram(const std::vector<std::string>& command, const std::string& input = "",
                         std::chrono::seconds time_limit = std::chrono::minutes(5));

// A program that runs until it is told to stop; killed on destruction.
class RunningProgram {
 public:
  // Its stderr goes to the end of the file `err`, or where this process's does.
  explicit RunningProgram(const std::vector<std::string>& command, const std::string& err = "");
  ~RunningProgram();
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  pid_t pid() const { return pid_; }

  // The next line on its stdout, without the newline; empty once that is closed.
  std::string ReadLine();

  // The exit code, or minus the signal that ended it. Blocks.
  int Wait();

 private:
  pid_t pid_ = -1;
  int out_ = -1;
};

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_SUPPORT_SUBPROCESS_H_
