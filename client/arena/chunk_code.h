#ifndef SPRINGBOARD_CLIENT_ARENA_CHUNK_CODE_H_
#define SPRINGBOARD_CLIENT_ARENA_CHUNK_CODE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "client/arena/linker.h"

namespace springboard {

// `alignment` is a power of two.
inline size_t AlignUp(size_t offset, size_t alignment) {
  return (offset + alignment - 1) & ~(alignment - 1);
}

// What one region is to hold: trampolines one behind the other, linked to their callees.
class ChunkCode {
 public:
  struct Entry {
    size_t offset;
    size_t size;
  };

  // Of at most `capacity` bytes. Code is relaxed where it can be if `destination` is not null: the
  // address at which the first byte will be.
  ChunkCode(size_t capacity_bytes, const uint8_t* destination)
      : capacity_(capacity_bytes), destination_(reinterpret_cast<uintptr_t>(destination)) {
    bytes_.reserve(std::min(capacity_bytes, kChunkBytes));
  }

  // False, and nothing is added, if there is no room.
  bool Add(const LinkRequest& request);

  const std::vector<uint8_t>& bytes() const { return bytes_; }
  // In the order in which they were added, as they are in memory.
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  const size_t capacity_;
  const uintptr_t destination_;  // Or 0.
  std::vector<uint8_t> bytes_;
  std::vector<Entry> entries_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_ARENA_CHUNK_CODE_H_
