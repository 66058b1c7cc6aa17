#ifndef SPRINGBOARD_TESTS_SUPPORT_RUNFILES_H_
#define SPRINGBOARD_TESTS_SUPPORT_RUNFILES_H_

#include <string>

namespace springboard {

// The folder of the files of the build that this program needs: a test's, and of what a test
// starts, as Bazel says in TEST_SRCDIR; else the folder beside this program. Never empty; nothing
// needs to be there.
std::string RunfilesFolder();

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_SUPPORT_RUNFILES_H_
