#ifndef SPRINGBOARD_TESTS_CONFORMANCE_CASE_PROGRAM_H_
#define SPRINGBOARD_TESTS_CONFORMANCE_CASE_PROGRAM_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/conformance/runner.h"

namespace springboard {

// Runs a program that executes cases 0 to `count`-1, from the index that is its last argument on,
// and prints a line for each step:
//
//   begin INDEX
//   wrong INDEX PROBLEM
//   done
//
// A case that ends the program, or in which it hangs, is wrong too; the program is started again
// behind it, but not for ever: the last that is reported then says how many were not run. `input`
// is the program's stdin. Error: INTERNAL if it ends before a case, or prints something else.
absl::StatusOr<std::vector<WrongTrampoline>> RunCaseProgram(const std::vector<std::string>& command,
                                                            const std::string& input, size_t count);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CONFORMANCE_CASE_PROGRAM_H_
