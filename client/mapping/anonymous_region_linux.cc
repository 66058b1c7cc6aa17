#include <sys/mman.h>

#include <algorithm>
#include <cerrno>

#include "client/mapping/anonymous_region.h"
#include "client/mapping/map_anonymous.h"
#include "client/mapping/mapped_memory.h"

namespace springboard {
namespace {

class AnonymousRegion final : public CodeRegion {
 public:
  AnonymousRegion(MappedMemory memory, size_t size) : memory_(std::move(memory)), size_(size) {}

  MappingResult Write(size_t offset, const uint8_t* bytes, size_t size) override {
    std::copy_n(bytes, size, memory_.get() + offset);
    return std::nullopt;
  }

  MappingResult Seal() override {
    if (mprotect(memory_.get(), size_, PROT_READ) != 0) return MappingError{"mprotect", errno};
    return std::nullopt;
  }

  MappingResult Map() override {
    if (mprotect(memory_.get(), size_, PROT_READ | PROT_EXEC) != 0) {
      return MappingError{"mprotect", errno};
    }
    char* const begin = reinterpret_cast<char*>(memory_.get());
    __builtin___clear_cache(begin, begin + size_);
    is_mapped_ = true;
    return std::nullopt;
  }

  const uint8_t* address() const override { return is_mapped_ ? memory_.get() : nullptr; }
  const uint8_t* destination() const override { return memory_.get(); }
  size_t size() const override { return size_; }

 private:
  MappedMemory memory_;
  const size_t size_;
  bool is_mapped_ = false;
};

}  // namespace

ReservedRegion ReserveAnonymous(size_t size, std::optional<Neighborhood> neighborhood) {
  MappedMemory memory = MapAnonymous(size, PROT_READ | PROT_WRITE, neighborhood);
  if (!memory) return MappingError{"mmap", errno};
  return std::make_unique<AnonymousRegion>(std::move(memory), size);
}

}  // namespace springboard
