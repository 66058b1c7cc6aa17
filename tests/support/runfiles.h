#ifndef SPRINGBOARD_TESTS_SUPPORT_RUNFILES_H_
#define SPRINGBOARD_TESTS_SUPPORT_RUNFILES_H_

#include <string>

namespace springboard {

// Where this program's data files are: in a test, and in what a test starts, the test's runfiles
// (TEST_SRCDIR), else those beside this program. They may not be there.
std::string RunfilesFolder();

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_SUPPORT_RUNFILES_H_
