#ifndef SPRINGBOARD_TESTS_SUPPORT_BITS_H_
#define SPRINGBOARD_TESTS_SUPPORT_BITS_H_

#include <cstdint>

namespace springboard {

// The low `bytes` bytes, 0 to 8, of a word.
constexpr uint64_t Mask(uint32_t bytes) {
  return bytes == 8 ? ~uint64_t{0} : (uint64_t{1} << (bytes * 8)) - 1;
}

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_SUPPORT_BITS_H_
