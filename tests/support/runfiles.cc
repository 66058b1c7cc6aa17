#include "tests/support/runfiles.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace springboard {

std::string RunfilesFolder() {
  // The folder beside a program that a test starts is another target's, and may not be built.
  const char* const of_test = std::getenv("TEST_SRCDIR");
  std::error_code error;
  const std::string folder =
      of_test != nullptr
          ? of_test
          : std::filesystem::read_symlink("/proc/self/exe", error).string() + ".runfiles";
  return folder + "/springboard";
}

}  // namespace springboard
