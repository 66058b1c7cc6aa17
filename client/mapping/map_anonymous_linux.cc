#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <utility>

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

// Where there was room last in the neighborhood: below it there is more. Without it each mapping
// would need a distance of its own.
std::atomic<uintptr_t>& LastNear(const Neighborhood& neighborhood) {
  static std::array<std::atomic<uintptr_t>, 16> all;
  for (std::atomic<uintptr_t>& last : all) {
    if (neighborhood.Holds(last.load(std::memory_order_relaxed), 0)) return last;
  }
  // That of another one, in turn.
  static std::atomic<size_t> next = 0;
  return all[next.fetch_add(1, std::memory_order_relaxed) % all.size()];
}

MappedMemory MapBelow(uintptr_t end, size_t size, int protection) {
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const size_t pages = (size + page - 1) / page * page;
  return end > pages ? MapAt(end - pages, size, protection) : MappedMemory();
}

}  // namespace

MappedMemory MapAnonymous(size_t size, int protection, std::optional<Neighborhood> neighborhood) {
  // Where the system puts it, libraries are not far.
  MappedMemory anywhere = MapAt(0, size, protection);
  if (!anywhere || !neighborhood.has_value() || IsIn(anywhere, size, *neighborhood))
    return anywhere;
  std::atomic<uintptr_t>& last = LastNear(*neighborhood);
  const auto keep = [&last](MappedMemory memory) {
    last.store(reinterpret_cast<uintptr_t>(memory.get()), std::memory_order_relaxed);
    return memory;
  };
  MappedMemory below = MapBelow(last.load(std::memory_order_relaxed), size, protection);
  if (IsIn(below, size, *neighborhood)) return keep(std::move(below));
  // Below a program there is nothing, and above it there is its heap.
  constexpr uint64_t kFirstDistance = 1 << 20;
  constexpr uintptr_t kLargestPage = 64 << 10;
  const uintptr_t center = neighborhood->center / kLargestPage * kLargestPage;
  for (uint64_t distance = kFirstDistance; distance < neighborhood->reach_bytes; distance *= 2) {
    for (const bool is_below : {true, false}) {
      if (is_below ? distance >= center : distance > UINTPTR_MAX - center) continue;
      const uintptr_t address = is_below ? center - distance : center + distance;
      MappedMemory there = MapAt(address, size, protection);
      if (IsIn(there, size, *neighborhood)) return keep(std::move(there));
    }
  }
  return anywhere;
}

}  // namespace springboard
