#include "client/mapping/file_region.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>

#include "client/mapping/map_anonymous.h"

namespace springboard {

FileRegion::FileRegion(size_t size, Sharing sharing, bool has_seals)
    : no_fork_(ForbidFork()), size_(size), sharing_(sharing), has_seals_(has_seals) {}

ReservedRegion FileRegion::ReserveSealed(size_t size, Sharing sharing,
                                         std::optional<Neighborhood> neighborhood) {
  auto region = std::make_unique<FileRegion>(size, sharing, /*has_seals=*/true);
  MappingResult error = CreateMemoryFile(size, region->file_);
  if (!error) error = region->ReserveAddresses(neighborhood);
  if (error) return *error;
  return region;
}

ReservedRegion FileRegion::ReserveTemporary(size_t size, const char* directory,
                                            std::optional<Neighborhood> neighborhood) {
  auto region = std::make_unique<FileRegion>(size, Sharing::kShared, /*has_seals=*/false);
  MappingResult error = CreateTemporaryFile(directory, size, region->file_);
  if (!error) error = region->ReserveAddresses(neighborhood);
  if (error) return *error;
  return region;
}

MappingResult FileRegion::ReserveAddresses(std::optional<Neighborhood> neighborhood) {
  if (!neighborhood.has_value()) return std::nullopt;
  addresses_ = MapAnonymous(size_, PROT_NONE, neighborhood);
  if (!addresses_) return MappingError{"mmap", errno};
  return std::nullopt;
}

MappingResult FileRegion::Write(size_t offset, const uint8_t* bytes, size_t size) {
  return WriteAt(file_, offset, bytes, size);
}

MappingResult FileRegion::Seal() {
  constexpr int kSeals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  if (has_seals_ && fcntl(file_.get(), F_ADD_SEALS, kSeals) != 0) {
    return MappingError{"fcntl", errno};
  }
  return std::nullopt;
}

MappingResult FileRegion::Map() {
  MappingResult error;
  if (sharing_ == Sharing::kPrivate) {
    error = MapFrom(file_, MAP_PRIVATE);
  } else if (const FileDescriptor read_only = OpenReadOnly(file_)) {
    error = MapFrom(read_only, MAP_SHARED);
  } else {
    // Without a seal other processes that share the mapping could make it writable.
    error = MapFrom(file_, has_seals_ ? MAP_SHARED : MAP_PRIVATE);
  }
  if (error) return error;
  file_.Close();
  no_fork_.unlock();
  // On AArch64 the instruction fetch passes the data cache by.
  char* const begin = reinterpret_cast<char*>(code_.get());
  __builtin___clear_cache(begin, begin + size_);
  return std::nullopt;
}

MappingResult FileRegion::MapFrom(const FileDescriptor& file, int flags) {
  void* const address = addresses_.get();
  if (address != nullptr) flags |= MAP_FIXED;
  code_ = MappedMemory(mmap(address, size_, PROT_READ | PROT_EXEC, flags, file.get(), 0), size_);
  // It replaced what was reserved, which is ours no more. Where memory ran out that may be so too,
  // and other threads may have mapped theirs there since; every other error comes before it.
  const int error = errno;
  if (code_ || error == ENOMEM) addresses_.Release();
  if (!code_) return MappingError{"mmap", error};
  return std::nullopt;
}

}  // namespace springboard
