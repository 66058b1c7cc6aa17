#ifndef SPRINGBOARD_CLIENT_CLI_BATCH_FILE_H_
#define SPRINGBOARD_CLIENT_CLI_BATCH_FILE_H_

#include <fstream>
#include <iostream>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace springboard {

// The input of a command's --batch: a file, or stdin for "-".
class BatchFile {
 public:
  // Error: NOT_FOUND if it cannot be read.
  static absl::StatusOr<BatchFile> Open(const std::string& path) {
    BatchFile file;
    if (path == "-") return file;
    file.file_.open(path);
    // A folder opens, but cannot be read.
    if (!file.file_ ||
        (file.file_.peek() == std::ifstream::traits_type::eof() && file.file_.bad())) {
      return absl::NotFoundError(absl::StrCat("cannot read ", path));
    }
    return file;
  }

  std::istream& stream() {
    if (file_.is_open()) return file_;
    return std::cin;
  }

 private:
  BatchFile() = default;

  std::ifstream file_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_CLI_BATCH_FILE_H_
