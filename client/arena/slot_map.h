#ifndef SPRINGBOARD_CLIENT_ARENA_SLOT_MAP_H_
#define SPRINGBOARD_CLIENT_ARENA_SLOT_MAP_H_

#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

namespace springboard {

// Which bytes of a chunk are taken, and by what. Space behind all that is taken is given out first,
// then the lowest gap that fits.
template <typename Payload>
class SlotMap {
 public:
  explicit SlotMap(uint32_t capacity_bytes)
      : capacity_(capacity_bytes), too_large_(capacity_bytes + 1) {}

  // The begin of `size` free bytes, at least 1, aligned to a power of two; they are taken from now
  // on. Nothing if there is no such place.
  std::optional<uint32_t> Take(uint32_t size, uint32_t alignment, Payload payload) {
    // Every search fails that is not smaller than one that failed.
    if (size >= too_large_) return std::nullopt;
    const uint32_t begin = FindGap(size, alignment);
    if (begin + uint64_t{size} > capacity_) {
      // With a small alignment, as all have that are to fit into gaps.
      if (alignment <= kUsualAlignment) too_large_ = size;
      return std::nullopt;
    }
    slots_.emplace(begin, Slot{size, std::move(payload)});
    return begin;
  }

  // `begin` was given by Take(), and not given back since.
  void GiveBack(uint32_t begin) {
    slots_.erase(begin);
    too_large_ = capacity_ + 1;
  }

  Payload& payload(uint32_t begin) { return slots_.find(begin)->second.payload; }
  bool empty() const { return slots_.empty(); }

 private:
  static constexpr uint32_t kUsualAlignment = 16;

  struct Slot {
    uint32_t size;
    Payload payload;
  };

  uint32_t FindGap(uint32_t size, uint32_t alignment) const {
    const auto align = [alignment](uint32_t offset) {
      return (offset + alignment - 1) & ~(alignment - 1);
    };
    if (slots_.empty()) return 0;
    // Most often there is room at the end.
    const auto last = std::prev(slots_.end());
    const uint32_t end = align(last->first + last->second.size);
    if (end + uint64_t{size} <= capacity_) return end;
    uint32_t begin = 0;
    for (const auto& [next, slot] : slots_) {
      if (begin + uint64_t{size} <= next) return begin;
      begin = align(next + slot.size);
    }
    return begin;
  }

  const uint32_t capacity_;
  uint32_t too_large_;
  std::map<uint32_t, Slot> slots_;  // By begin.
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_ARENA_SLOT_MAP_H_
