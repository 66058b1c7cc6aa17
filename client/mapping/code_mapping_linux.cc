#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "client/mapping/code_mapping.h"

namespace springboard {
namespace {

// Linux 6.3; glibc of Debian 12 does not name it yet. Allows sealing too.
constexpr unsigned kMfdNoexecSeal = 0x0008U;
constexpr int kSeals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

int CreateSealableFile() {
  const int fd = memfd_create("springboard", MFD_CLOEXEC | kMfdNoexecSeal);
  if (fd >= 0 || errno != EINVAL) return fd;
  return memfd_create("springboard", MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

bool WriteAll(int fd, const uint8_t* bytes, size_t size) {
  while (size > 0) {
    const ssize_t written = write(fd, bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes += written;
    size -= static_cast<size_t>(written);
  }
  return true;
}

}  // namespace

std::variant<CodeMapping, MappingError> CodeMapping::Map(const uint8_t* code, size_t size) {
  const FileDescriptor file(CreateSealableFile());
  if (file.get() < 0) return MappingError{"memfd_create", errno};
  if (!WriteAll(file.get(), code, size)) return MappingError{"write", errno};
  if (fcntl(file.get(), F_ADD_SEALS, kSeals) != 0) return MappingError{"fcntl", errno};
  void* const address = mmap(nullptr, size, PROT_READ | PROT_EXEC, MAP_SHARED, file.get(), 0);
  if (address == MAP_FAILED) return MappingError{"mmap", errno};
  // AArch64 fetches instructions past the data cache; on x64 this is nothing.
  char* const begin = static_cast<char*>(address);
  __builtin___clear_cache(begin, begin + size);
  return CodeMapping(address, size);
}

CodeMapping::~CodeMapping() {
  if (address_ != nullptr) munmap(address_, size_);
}

}  // namespace springboard
