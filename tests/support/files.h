#ifndef SPRINGBOARD_TESTS_SUPPORT_FILES_H_
#define SPRINGBOARD_TESTS_SUPPORT_FILES_H_

#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

namespace springboard {

// The whole of a file; empty if it cannot be read.
inline std::string ReadFile(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// False if not all of it could be written.
inline bool WriteFile(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text << std::flush;
  return file.good();
}

// A folder of its own, which goes with its owner and all that is in it. Ends the program if there
// is no place for one.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    const char* base = std::getenv("TEST_TMPDIR");
    std::string name = std::string(base != nullptr ? base : "/tmp") + "/springboard.XXXXXX";
    if (mkdtemp(name.data()) == nullptr) {
      std::perror(("cannot make the folder " + name).c_str());
      std::abort();
    }
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_SUPPORT_FILES_H_
