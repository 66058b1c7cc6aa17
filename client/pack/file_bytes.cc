#include "client/pack/file_bytes.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

absl::Status Unreadable(const std::string& path, absl::string_view why) {
  return MakeError(absl::StatusCode::kNotFound, reason::kFileRefused, "pack",
                   absl::StrCat("cannot read ", path, ": ", why));
}

bool OthersMayWrite(const struct stat& status) {
  const bool is_owner_trusted = status.st_uid == 0 || status.st_uid == geteuid();
  return !is_owner_trusted || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

// Fills the memory; false if the file ends before, with errno 0, or cannot be read.
bool ReadAll(int file, char* memory, size_t size) {
  size_t done = 0;
  while (done < size) {
    const ssize_t got = pread(file, memory + done, size - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) errno = 0;
    if (got <= 0) return false;
    done += static_cast<size_t>(got);
  }
  return true;
}

}  // namespace

absl::StatusOr<FileBytes> FileBytes::Open(const std::string& path, uint64_t max_bytes) {
  // A FIFO would wait for somebody who writes.
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file < 0) return Unreadable(path, std::strerror(errno));
  const absl::Cleanup close_file = [file] { close(file); };
  struct stat status = {};
  if (fstat(file, &status) != 0) return Unreadable(path, std::strerror(errno));
  const auto size = static_cast<uint64_t>(status.st_size);
  if (!S_ISREG(status.st_mode) || size > max_bytes) {
    return Unreadable(path, absl::StrCat("it must be a file of up to ", max_bytes, " bytes"));
  }
  if (size == 0) return Of("");
  const bool is_copied = OthersMayWrite(status);
  if (is_copied && size > kMaxCopiedBytes) {
    return Unreadable(path, absl::StrCat("others may write it, so that it is copied, for which it "
                                         "may have up to ",
                                         kMaxCopiedBytes, " bytes; it has ", size));
  }
  void* const memory =
      is_copied ? mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                : mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  if (memory == MAP_FAILED) return Unreadable(path, std::strerror(errno));
  std::shared_ptr<const void> owner(memory, [size](void* mapped) { munmap(mapped, size); });
  if (is_copied && !ReadAll(file, static_cast<char*>(memory), size)) {
    return Unreadable(path, errno == 0 ? "it became shorter" : std::strerror(errno));
  }
  return FileBytes(std::move(owner), {static_cast<const char*>(memory), size}, !is_copied);
}

FileBytes FileBytes::Of(std::string bytes) {
  auto owner = std::make_shared<const std::string>(std::move(bytes));
  const absl::string_view view = *owner;
  return FileBytes(std::move(owner), view, /*is_mapped=*/false);
}

}  // namespace springboard
