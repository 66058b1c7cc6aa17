#ifndef SPRINGBOARD_CLIENT_MAPPING_FILE_REGION_H_
#define SPRINGBOARD_CLIENT_MAPPING_FILE_REGION_H_

#include "client/mapping/code_region.h"
#include "client/mapping/fork_barrier.h"
#include "client/mapping/mapped_memory.h"
#include "client/mapping/memory_file.h"

namespace springboard {

// The pages of a file without a name, which is written with pwrite(), sealed, and only then mapped:
// no writable mapping of it ever exists. After Map() no descriptor is left that could write to it,
// and a seal, where the file takes one, forbids it whatever else may come. Until then fork() waits,
// so that no child has the descriptor.
//
// Linux lets a shared mapping be made writable by mprotect() if the descriptor that it was mapped
// from could write. So shared mappings are made from one that cannot, which /proc gives; a sealed
// file needs that before Linux 6.7 only, which refuses it otherwise.
class FileRegion final : public CodeRegion {
 public:
  enum class Sharing : uint8_t { kShared, kPrivate };

  static ReservedRegion ReserveSealed(size_t size, Sharing sharing,
                                      std::optional<Neighborhood> neighborhood);
  static ReservedRegion ReserveTemporary(size_t size, const char* directory,
                                         std::optional<Neighborhood> neighborhood);

  FileRegion(size_t size, Sharing sharing, bool has_seals);

  MappingResult Write(size_t offset, const uint8_t* bytes, size_t size) override;
  MappingResult Seal() override;
  MappingResult Map() override;
  const uint8_t* address() const override { return code_.get(); }
  const uint8_t* destination() const override { return code_ ? code_.get() : addresses_.get(); }
  size_t size() const override { return size_; }

 private:
  MappingResult ReserveAddresses(std::optional<Neighborhood> neighborhood);
  MappingResult MapFrom(const FileDescriptor& file, int flags);

  NoFork no_fork_;
  const size_t size_;
  const Sharing sharing_;
  const bool has_seals_;
  FileDescriptor file_;
  MappedMemory addresses_;  // Where the code is to be, if that was asked for; without access.
  MappedMemory code_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MAPPING_FILE_REGION_H_
