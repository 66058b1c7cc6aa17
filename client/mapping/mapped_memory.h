#ifndef SPRINGBOARD_CLIENT_MAPPING_MAPPED_MEMORY_H_
#define SPRINGBOARD_CLIENT_MAPPING_MAPPED_MEMORY_H_

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace springboard {

// Owns a mapping, or nothing. Linux.
class MappedMemory {
 public:
  MappedMemory() = default;
  // Takes what mmap() returned: MAP_FAILED, with errno as it was, owns nothing.
  MappedMemory(void* address, size_t size)
      : address_(address == MAP_FAILED ? nullptr : address), size_(size) {}
  MappedMemory(MappedMemory&& other) noexcept
      : address_(std::exchange(other.address_, nullptr)), size_(other.size_) {}
  MappedMemory& operator=(MappedMemory&& other) noexcept {
    std::swap(address_, other.address_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~MappedMemory() {
    if (address_ != nullptr) munmap(address_, size_);
  }

  // Owns nothing any more; what it owned stays as it is.
  void Release() { address_ = nullptr; }

  explicit operator bool() const { return address_ != nullptr; }
  uint8_t* get() const { return static_cast<uint8_t*>(address_); }

 private:
  void* address_ = nullptr;
  size_t size_ = 0;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MAPPING_MAPPED_MEMORY_H_
