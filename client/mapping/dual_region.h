#ifndef SPRINGBOARD_CLIENT_MAPPING_DUAL_REGION_H_
#define SPRINGBOARD_CLIENT_MAPPING_DUAL_REGION_H_

#include <sys/types.h>

#include "client/mapping/code_region.h"
#include "client/mapping/mapped_memory.h"

namespace springboard {

// The pages of a memfd, mapped twice: executable, and, at another address, for writing. The second
// view is inaccessible but for the time of one Write(), a forked child does not have it, and a seal
// forbids that there ever be another, or that the first becomes writable; no descriptor is left.
class DualRegion final : public CodeRegion {
 public:
  static ReservedRegion Reserve(size_t size);

  explicit DualRegion(size_t size);

  // In a child of the process that made the region it is refused, with EPERM.
  MappingResult Write(size_t offset, const uint8_t* bytes, size_t size) override;
  MappingResult Seal() override { return std::nullopt; }
  MappingResult Map() override { return std::nullopt; }
  const uint8_t* address() const override { return code_.get(); }
  size_t size() const override { return size_; }
  bool stays_writable() const override;

 private:
  const size_t size_;
  const pid_t owner_;
  MappedMemory code_;
  MappedMemory view_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MAPPING_DUAL_REGION_H_
