#ifndef SPRINGBOARD_COMMON_TEMPORARY_FILE_H_
#define SPRINGBOARD_COMMON_TEMPORARY_FILE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/unfinished_name.h"

namespace springboard {

// A file beside another, on the same file system, that is written from front to end, and gone when
// this object is: also when the process is killed, where the file system knows files without a name
// (O_TMPFILE). Elsewhere signals remove it that end the process (RemoveUnfinishedOnSignals()), and
// what SIGKILL left is removed by the next that writes the same file, a minute later. Publish()
// makes it the other. Movable. Thread-compatible.
//
// Errors of all: UNAVAILABLE, FILE_REFUSED (output), with the path of the other.
class TemporaryFile {
 public:
  enum class Use {
    kScratch,  // It is never published: it has no name on any file system.
    kOutput,
  };

  // `path` is the other.
  static absl::StatusOr<TemporaryFile> Create(const std::string& path, Use use);

  TemporaryFile(TemporaryFile&& other) noexcept;
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  ~TemporaryFile();

  // At the end.
  absl::Status Append(absl::string_view bytes);
  uint64_t size() const { return written_bytes_ + buffer_.size(); }

  // Bytes that were flushed.
  absl::Status Flush();
  absl::Status ReadAt(uint64_t offset, char* memory, size_t size) const;
  absl::Status Overwrite(uint64_t offset, absl::string_view bytes);

  // Replaces the other with this one, as a whole and for good: it survives a loss of power.
  absl::Status Publish();

 private:
  TemporaryFile(std::string path, int file, UnfinishedName name)
      : path_(std::move(path)), file_(file), name_(std::move(name)) {}

  absl::Status Write(uint64_t offset, absl::string_view bytes);

  std::string path_;
  int file_;
  UnfinishedName name_;
  std::string buffer_;
  uint64_t written_bytes_ = 0;
};

}  // namespace springboard

#endif  // SPRINGBOARD_COMMON_TEMPORARY_FILE_H_
