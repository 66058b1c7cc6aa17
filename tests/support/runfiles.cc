#include "tests/support/runfiles.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace springboard {

std::string RunfilesFolder() {
  // A program that a test starts has its files among those of the test; the folder beside it is of
  // a target of its own, which may not be built yet.
  const char* const of_test = std::getenv("TEST_SRCDIR");
  std::error_code error;
  const std::string folder =
      of_test != nullptr
          ? of_test
          : std::filesystem::read_symlink("/proc/self/exe", error).string() + ".runfiles";
  return folder + "/springboard";
}

}  // namespace springboard
