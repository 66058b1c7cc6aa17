#ifndef SPRINGBOARD_CLIENT_MAPPING_VIEW_REGION_H_
#define SPRINGBOARD_CLIENT_MAPPING_VIEW_REGION_H_

#include <cstdint>

#include "client/mapping/code_region.h"
#include "client/mapping/file_region.h"
#include "client/mapping/mapped_memory.h"

namespace springboard {

// The pages of a file that is mapped twice from the start: executable, and, at another address, for
// writing. The second view is inaccessible but for the time of one Write(), a forked child does not
// have it, and no descriptor of the file is left. So it needs no new mapping to be filled, and
// nobody but this process can fill it.
//
// A memfd is sealed against every other writable mapping. Of a temporary file the executable
// mapping comes from a descriptor that cannot write, as in FileRegion.
class ViewRegion final : public CodeRegion {
 public:
  // Stays writable: MappingWay::kDual.
  static ReservedRegion ReserveDual(size_t size);
  // Seal() gives the view up.
  static ReservedRegion ReserveSealed(size_t size, FileRegion::Sharing sharing);
  static ReservedRegion ReserveTemporary(size_t size, const char* directory);

  ViewRegion(size_t size, bool keeps_view);
  ~ViewRegion() override;

  // In a child of the process that made the region it is refused, with EPERM.
  MappingResult Write(size_t offset, const uint8_t* bytes, size_t size) override;
  MappingResult Seal() override;
  MappingResult Map() override { return std::nullopt; }
  const uint8_t* address() const override { return code_.get(); }
  size_t size() const override { return size_; }
  bool stays_writable() const override { return keeps_view_ && view_ && IsOwn(); }

 private:
  static ReservedRegion ReserveMemory(size_t size, bool keeps_view, int flags);
  MappingResult MapView(const FileDescriptor& file);
  MappingResult MapCode(const FileDescriptor& file, int flags);
  bool IsOwn() const;

  const size_t size_;
  const bool keeps_view_;
  const uint64_t owner_;  // A ProcessToken().
  MappedMemory code_;
  MappedMemory view_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MAPPING_VIEW_REGION_H_
