#include "client/mapping/memory_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstdio>

namespace springboard {
namespace {

// Linux 6.3; glibc of Debian 12 does not name it yet. Allows sealing too.
constexpr unsigned kMfdNoexecSeal = 0x0008U;

MappingResult Resize(FileDescriptor& file, size_t size) {
  // Beyond this limit the kernel does not refuse, but sends SIGXFSZ.
  struct rlimit limit;
  if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && size > limit.rlim_cur) {
    file.Close();
    return MappingError{"ftruncate", EFBIG};
  }
  if (ftruncate(file.get(), static_cast<off_t>(size)) == 0) return std::nullopt;
  const MappingError error = {"ftruncate", errno};
  file.Close();
  return error;
}

}  // namespace

MappingResult CreateMemoryFile(size_t size, FileDescriptor& file) {
  constexpr char kName[] = "springboard";
  file = FileDescriptor(memfd_create(kName, MFD_CLOEXEC | kMfdNoexecSeal));
  if (!file && errno == EINVAL) {
    file = FileDescriptor(memfd_create(kName, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  }
  if (!file) return MappingError{"memfd_create", errno};
  return Resize(file, size);
}

MappingResult CreateTemporaryFile(const char* directory, size_t size, FileDescriptor& file) {
  constexpr mode_t kOwnerOnly = 0600;
  file = FileDescriptor(open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, kOwnerOnly));
  if (!file) return MappingError{"open", errno};
  return Resize(file, size);
}

FileDescriptor OpenReadOnly(const FileDescriptor& file) {
  char path[32];
  std::snprintf(path, sizeof(path), "/proc/self/fd/%d", file.get());
  return FileDescriptor(open(path, O_RDONLY | O_CLOEXEC));
}

MappingResult WriteAt(const FileDescriptor& file, size_t offset, const uint8_t* bytes,
                      size_t size) {
  while (size > 0) {
    const ssize_t written = pwrite(file.get(), bytes, size, static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return MappingError{"pwrite", errno};
    if (written == 0) return MappingError{"pwrite", ENOSPC};
    bytes += written;
    offset += static_cast<size_t>(written);
    size -= static_cast<size_t>(written);
  }
  return std::nullopt;
}

}  // namespace springboard
