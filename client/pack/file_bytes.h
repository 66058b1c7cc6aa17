#ifndef SPRINGBOARD_CLIENT_PACK_FILE_BYTES_H_
#define SPRINGBOARD_CLIENT_PACK_FILE_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace springboard {

// The bytes of a file, for reading, without reading all of it: mapped. A file that becomes shorter
// while it is mapped kills the process that reads behind its new end (SIGBUS), and nothing prevents
// whoever may write it from doing that. So only a file is mapped that nobody else may write: its
// owner is this process's user or root, and neither its group nor others have the right. Any other
// is copied. What is left is for the owner to keep to: a pack in use is replaced by rename, as
// PackWriter does, never written in place.
//
// Movable; its bytes stay where they are. Immutable, so thread-safe.
class FileBytes {
 public:
  // What is copied must fit into memory, whoever made it.
  static constexpr uint64_t kMaxCopiedBytes = uint64_t{1} << 30;

  // Error: NOT_FOUND, FILE_REFUSED (pack), if it cannot be opened or read, is no regular file, or
  // has more than `max_bytes`, or more than kMaxCopiedBytes where it is copied.
  static absl::StatusOr<FileBytes> Open(const std::string& path, uint64_t max_bytes);

  // Those of a string.
  static FileBytes Of(std::string bytes);

  absl::string_view bytes() const { return bytes_; }
  bool is_mapped() const { return is_mapped_; }

 private:
  FileBytes(std::shared_ptr<const void> owner, absl::string_view bytes, bool is_mapped)
      : owner_(std::move(owner)), bytes_(bytes), is_mapped_(is_mapped) {}

  std::shared_ptr<const void> owner_;
  absl::string_view bytes_;
  bool is_mapped_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_PACK_FILE_BYTES_H_
