#ifndef SPRINGBOARD_TESTS_CONFORMANCE_ALL_RUNNERS_H_
#define SPRINGBOARD_TESTS_CONFORMANCE_ALL_RUNNERS_H_

#include <memory>
#include <vector>

#include "tests/conformance/runner.h"

namespace springboard {

// Every way to execute trampolines that Debian's packages give, for all targets. They need the
// runfiles of this library in the working directory.
std::vector<std::unique_ptr<const Runner>> AllRunners();

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CONFORMANCE_ALL_RUNNERS_H_
