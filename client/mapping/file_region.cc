#include "client/mapping/file_region.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>

namespace springboard {

ReservedRegion FileRegion::ReserveSealed(size_t size, MapTime time, Sharing sharing) {
  auto region = std::make_unique<FileRegion>(size, sharing, /*has_seals=*/true);
  MappingResult error = CreateMemoryFile(size, region->file_);
  if (!error && time == MapTime::kAtReserve) error = region->Map();
  if (error) return *error;
  return region;
}

ReservedRegion FileRegion::ReserveTemporary(size_t size, MapTime time, const char* directory) {
  auto region = std::make_unique<FileRegion>(size, Sharing::kShared, /*has_seals=*/false);
  MappingResult error = CreateTemporaryFile(directory, size, region->file_);
  if (!error && time == MapTime::kAtReserve) error = region->Map();
  if (error) return *error;
  return region;
}

MappingResult FileRegion::Write(size_t offset, const uint8_t* bytes, size_t size) {
  return WriteAt(file_, offset, bytes, size);
}

MappingResult FileRegion::Seal() {
  constexpr int kSeals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  if (has_seals_ && fcntl(file_.get(), F_ADD_SEALS, kSeals) != 0) {
    return MappingError{"fcntl", errno};
  }
  is_sealed_ = true;
  if (code_) EndWriting();
  return std::nullopt;
}

MappingResult FileRegion::Map() {
  if (code_) return std::nullopt;
  MappingResult error;
  if (sharing_ == Sharing::kPrivate) {
    error = MapFrom(file_, MAP_PRIVATE);
  } else if (const FileDescriptor read_only = OpenReadOnly(file_)) {
    error = MapFrom(read_only, MAP_SHARED);
  } else if (!has_seals_) {
    // Other processes that share the mapping could make it writable: it must not be shared.
    error = MapFrom(file_, MAP_PRIVATE);
  } else if (is_sealed_) {
    error = MapFrom(file_, MAP_SHARED);
  } else {
    // A mapping that may become writable would forbid the seal.
    error = MappingError{"open", errno};
  }
  if (!error && is_sealed_) EndWriting();
  return error;
}

// Drops the descriptor that could write, and has the instruction fetch see what was written: on
// AArch64 it passes the data cache by.
void FileRegion::EndWriting() {
  file_.Close();
  char* const begin = reinterpret_cast<char*>(code_.get());
  __builtin___clear_cache(begin, begin + size_);
}

MappingResult FileRegion::MapFrom(const FileDescriptor& file, int flags) {
  code_ = MappedMemory(mmap(nullptr, size_, PROT_READ | PROT_EXEC, flags, file.get(), 0), size_);
  if (!code_) return MappingError{"mmap", errno};
  return std::nullopt;
}

}  // namespace springboard
