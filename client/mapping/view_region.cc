#include "client/mapping/view_region.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>

#include "client/mapping/fork_barrier.h"
#include "client/mapping/instruction_sync.h"
#include "client/mapping/mapping_way.h"
#include "client/mapping/memory_file.h"
#include "client/mapping/process_token.h"

namespace springboard {
namespace {

// Against every writable mapping but those that are there, and against write().
MappingResult SealFutureWrites(const FileDescriptor& file) {
  constexpr int kSeals = F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  if (fcntl(file.get(), F_ADD_SEALS, kSeals) != 0) return MappingError{"fcntl", errno};
  return std::nullopt;
}

}  // namespace

ViewRegion::ViewRegion(size_t size, bool keeps_view)
    : size_(size), keeps_view_(keeps_view), owner_(ProcessToken()) {}

ViewRegion::~ViewRegion() {
  // In a child anything may be mapped where the view was.
  if (!IsOwn()) view_.Release();
}

bool ViewRegion::IsOwn() const { return ProcessToken() == owner_; }

ReservedRegion ViewRegion::ReserveDual(size_t size) {
  return ReserveMemory(size, /*keeps_view=*/true, MAP_SHARED);
}

ReservedRegion ViewRegion::ReserveSealed(size_t size, FileRegion::Sharing sharing) {
  const bool is_shared = sharing == FileRegion::Sharing::kShared;
  return ReserveMemory(size, /*keeps_view=*/false, is_shared ? MAP_SHARED : MAP_PRIVATE);
}

ReservedRegion ViewRegion::ReserveMemory(size_t size, bool keeps_view, int flags) {
  auto region = std::make_unique<ViewRegion>(size, keeps_view);
  const NoFork no_fork = ForbidFork();
  FileDescriptor file;
  MappingResult error = CreateMemoryFile(size, file);
  if (!error) error = region->MapView(file);
  if (!error) error = SealFutureWrites(file);
  // The kernel asks at mmap() what a mapping may ever become: because of the seal, not writable.
  if (!error) error = region->MapCode(file, flags);
  if (error) return *error;
  return region;
}

ReservedRegion ViewRegion::ReserveTemporary(size_t size, const char* directory) {
  auto region = std::make_unique<ViewRegion>(size, /*keeps_view=*/false);
  const NoFork no_fork = ForbidFork();
  FileDescriptor file;
  MappingResult error = CreateTemporaryFile(directory, size, file);
  if (!error) error = region->MapView(file);
  if (!error) {
    const FileDescriptor read_only = OpenReadOnly(file);
    error = read_only ? region->MapCode(read_only, MAP_SHARED) : region->MapCode(file, MAP_PRIVATE);
  }
  if (error) return *error;
  return region;
}

MappingResult ViewRegion::MapView(const FileDescriptor& file) {
  view_ =
      MappedMemory(mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0), size_);
  if (!view_) return MappingError{"mmap", errno};
  if (madvise(view_.get(), size_, MADV_DONTFORK) != 0) return MappingError{"madvise", errno};
  if (mprotect(view_.get(), size_, PROT_NONE) != 0) return MappingError{"mprotect", errno};
  return std::nullopt;
}

MappingResult ViewRegion::MapCode(const FileDescriptor& file, int flags) {
  code_ = MappedMemory(mmap(nullptr, size_, PROT_READ | PROT_EXEC, flags, file.get(), 0), size_);
  if (!code_) return MappingError{"mmap", errno};
  return std::nullopt;
}

MappingResult ViewRegion::Write(size_t offset, const uint8_t* bytes, size_t size) {
  if (!IsOwn()) return kNotOwn;
  if (!view_) return MappingError{"mprotect", EACCES};
  const size_t begin = offset / PageBytes() * PageBytes();
  const size_t length = offset + size - begin;
  uint8_t* const page = view_.get() + begin;
  if (mprotect(page, length, PROT_READ | PROT_WRITE) != 0) return MappingError{"mprotect", errno};
  std::copy_n(bytes, size, view_.get() + offset);
  SynchronizeInstructions(code_.get() + offset, size);
  // The whole view can be closed even where there is no memory to split it. One that cannot be
  // closed is given up: what was written stays.
  if (mprotect(page, length, PROT_NONE) != 0 && mprotect(view_.get(), size_, PROT_NONE) != 0) {
    view_ = MappedMemory();
  }
  return std::nullopt;
}

MappingResult ViewRegion::Seal() {
  if (keeps_view_) return std::nullopt;
  if (!IsOwn()) return kNotOwn;
  view_ = MappedMemory();
  return std::nullopt;
}

}  // namespace springboard
