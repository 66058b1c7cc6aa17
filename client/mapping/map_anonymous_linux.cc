#include <cstdint>

#include "client/mapping/map_anonymous.h"

namespace springboard {
namespace {

// Older C libraries do not have it, and older kernels take the address for a wish.
#ifndef MAP_FIXED_NOREPLACE
constexpr int kNoReplace = 0x100000;
#else
constexpr int kNoReplace = MAP_FIXED_NOREPLACE;
#endif

MappedMemory MapAt(uintptr_t address, size_t size, int protection) {
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | (address != 0 ? kNoReplace : 0);
  return {mmap(reinterpret_cast<void*>(address), size, protection, flags, -1, 0), size};
}

bool IsIn(const MappedMemory& memory, size_t size, const Neighborhood& neighborhood) {
  return memory && neighborhood.Holds(reinterpret_cast<uintptr_t>(memory.get()), size);
}

}  // namespace

MappedMemory MapAnonymous(size_t size, int protection, std::optional<Neighborhood> neighborhood) {
  // Where the system puts it, libraries are not far.
  MappedMemory anywhere = MapAt(0, size, protection);
  if (!anywhere || !neighborhood.has_value() || IsIn(anywhere, size, *neighborhood))
    return anywhere;
  // Below a program there is nothing, and above it there is its heap.
  constexpr uint64_t kFirstDistance = 1 << 20;
  constexpr uintptr_t kLargestPage = 64 << 10;
  const uintptr_t center = neighborhood->center / kLargestPage * kLargestPage;
  for (uint64_t distance = kFirstDistance; distance < neighborhood->reach_bytes; distance *= 2) {
    for (const bool is_below : {true, false}) {
      if (is_below ? distance >= center : distance > UINTPTR_MAX - center) continue;
      const uintptr_t address = is_below ? center - distance : center + distance;
      MappedMemory there = MapAt(address, size, protection);
      if (IsIn(there, size, *neighborhood)) return there;
    }
  }
  return anywhere;
}

}  // namespace springboard
