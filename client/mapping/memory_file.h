#ifndef SPRINGBOARD_CLIENT_MAPPING_MEMORY_FILE_H_
#define SPRINGBOARD_CLIENT_MAPPING_MEMORY_FILE_H_

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "client/mapping/code_region.h"

namespace springboard {

// Owns a file descriptor, or nothing. Linux.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd = -1) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor() { Close(); }

  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }
  void Close() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

// An anonymous file of `size` zero bytes that can be sealed. On an error `file` is empty.
MappingResult CreateMemoryFile(size_t size, FileDescriptor& file);

// A file of `size` zero bytes without a name, in the file system of `directory`.
MappingResult CreateTemporaryFile(const char* directory, size_t size, FileDescriptor& file);

// Another descriptor of the same file through which nothing can be written, and neither through
// what is mapped from it. Empty where /proc is not to be had.
FileDescriptor OpenReadOnly(const FileDescriptor& file);

MappingResult WriteAt(const FileDescriptor& file, size_t offset, const uint8_t* bytes, size_t size);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MAPPING_MEMORY_FILE_H_
