#ifndef SPRINGBOARD_CLIENT_MAPPING_RELOCATE_H_
#define SPRINGBOARD_CLIENT_MAPPING_RELOCATE_H_

#include <cstddef>
#include <cstdint>

namespace springboard {

// Writes `callee` as 8 little-endian bytes at `callee_offset_bytes` of the code. False, and
// nothing written, if they are not all inside its `size` bytes.
inline bool Relocate(uint8_t* code, size_t size, uint32_t callee_offset_bytes, uint64_t callee) {
  constexpr size_t kAddressBytes = 8;
  if (size < kAddressBytes || callee_offset_bytes > size - kAddressBytes) return false;
  for (size_t i = 0; i < kAddressBytes; ++i) {
    code[callee_offset_bytes + i] = static_cast<uint8_t>(callee >> (8 * i));
  }
  return true;
}

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MAPPING_RELOCATE_H_
