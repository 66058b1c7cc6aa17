#include "client/mapping/dual_region.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "client/mapping/mapping_way.h"
#include "client/mapping/memory_file.h"

namespace springboard {

DualRegion::DualRegion(size_t size) : size_(size), owner_(getpid()) {}

ReservedRegion DualRegion::Reserve(size_t size) {
  auto region = std::make_unique<DualRegion>(size);
  FileDescriptor file;
  if (const MappingResult error = CreateMemoryFile(size, file)) return *error;
  // The kernel asks at mmap() what a mapping may ever become: this one writable, and later ones,
  // because of the seal, not.
  region->view_ =
      MappedMemory(mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0), size);
  if (!region->view_) return MappingError{"mmap", errno};
  if (madvise(region->view_.get(), size, MADV_DONTFORK) != 0) {
    return MappingError{"madvise", errno};
  }
  if (mprotect(region->view_.get(), size, PROT_NONE) != 0) return MappingError{"mprotect", errno};
  constexpr int kSeals = F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  if (fcntl(file.get(), F_ADD_SEALS, kSeals) != 0) return MappingError{"fcntl", errno};
  region->code_ =
      MappedMemory(mmap(nullptr, size, PROT_READ | PROT_EXEC, MAP_SHARED, file.get(), 0), size);
  if (!region->code_) return MappingError{"mmap", errno};
  return region;
}

bool DualRegion::stays_writable() const { return getpid() == owner_; }

MappingResult DualRegion::Write(size_t offset, const uint8_t* bytes, size_t size) {
  // In a child anything may be mapped where the view was.
  if (!stays_writable()) return MappingError{"fork", EPERM};
  const size_t begin = offset / PageBytes() * PageBytes();
  const size_t length = offset + size - begin;
  uint8_t* const page = view_.get() + begin;
  if (mprotect(page, length, PROT_READ | PROT_WRITE) != 0) return MappingError{"mprotect", errno};
  std::copy_n(bytes, size, view_.get() + offset);
  char* const code = reinterpret_cast<char*>(code_.get()) + offset;
  __builtin___clear_cache(code, code + size);
  if (mprotect(page, length, PROT_NONE) != 0) return MappingError{"mprotect", errno};
  return std::nullopt;
}

}  // namespace springboard
