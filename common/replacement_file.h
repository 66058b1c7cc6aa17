#ifndef SPRINGBOARD_COMMON_REPLACEMENT_FILE_H_
#define SPRINGBOARD_COMMON_REPLACEMENT_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace springboard {

// What a file is to become: bytes that are on the disk, beside it, until they replace it as a
// whole. Without Commit() they are removed, and the file stays as it is. Thread-compatible;
// movable.
class ReplacementFile {
 public:
  // Writes all the bytes. Error: UNAVAILABLE, FILE_REFUSED (field "output"), also of a full disk.
  static absl::StatusOr<ReplacementFile> Write(const std::string& path, absl::string_view bytes);

  ReplacementFile(ReplacementFile&& other) noexcept;
  ReplacementFile& operator=(ReplacementFile&& other) = delete;
  ~ReplacementFile();

  // Replaces the file, once. The same error.
  absl::Status Commit();

 private:
  ReplacementFile(std::string path, std::string temporary);

  std::string path_;
  std::string temporary_;  // Beside it, so that it can be renamed; empty once it is gone.
};

}  // namespace springboard

#endif  // SPRINGBOARD_COMMON_REPLACEMENT_FILE_H_
