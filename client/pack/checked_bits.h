#ifndef SPRINGBOARD_CLIENT_PACK_CHECKED_BITS_H_
#define SPRINGBOARD_CLIENT_PACK_CHECKED_BITS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace springboard {

// Which of some things were checked and found good. Thread-safe: two threads may check the same.
class CheckedBits {
 public:
  explicit CheckedBits(size_t count) : words_((count + 63) / 64) {}

  bool Has(size_t index) const {
    return (words_[index / 64].load(std::memory_order_relaxed) >> index % 64 & 1) != 0;
  }
  void Set(size_t index) const {
    words_[index / 64].fetch_or(uint64_t{1} << index % 64, std::memory_order_relaxed);
  }

 private:
  mutable std::vector<std::atomic<uint64_t>> words_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_PACK_CHECKED_BITS_H_
