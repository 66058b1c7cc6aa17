#ifndef SPRINGBOARD_CLIENT_CLI_BATCH_FILE_H_
#define SPRINGBOARD_CLIENT_CLI_BATCH_FILE_H_

#include <cstdio>
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

  // Once the stream has ended: whether that was the end of the input. Error: DATA_LOSS.
  absl::Status Finish() const {
    // std::cin takes an error, such as that stdin is closed or a folder, for the end.
    const bool failed = file_.is_open() ? file_.bad() : std::ferror(stdin) != 0;
    return failed ? absl::DataLossError("cannot read the batch") : absl::OkStatus();
  }

 private:
  BatchFile() = default;

  std::ifstream file_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_CLI_BATCH_FILE_H_
