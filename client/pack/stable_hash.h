#ifndef SPRINGBOARD_CLIENT_PACK_STABLE_HASH_H_
#define SPRINGBOARD_CLIENT_PACK_STABLE_HASH_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "absl/strings/string_view.h"

namespace springboard {

constexpr uint64_t RotatedLeft(uint64_t value, int bits) {
  return value << bits | value >> (64 - bits);
}

// SipHash-2-4 (Aumasson and Bernstein, 2012) of 64 bits: the same value in every build and on every
// little-endian host.
class SipHash {
 public:
  // The 16 bytes of its key, little-endian.
  constexpr SipHash(uint64_t key0, uint64_t key1)
      : v0_(key0 ^ 0x736f6d6570736575),
        v1_(key1 ^ 0x646f72616e646f6d),
        v2_(key0 ^ 0x6c7967656e657261),
        v3_(key1 ^ 0x7465646279746573) {}

  uint64_t Of(absl::string_view bytes) {
    const size_t whole = bytes.size() / 8 * 8;
    for (size_t i = 0; i < whole; i += 8) {
      uint64_t word = 0;
      std::memcpy(&word, bytes.data() + i, sizeof(word));
      Add(word);
    }
    // What is left, and the size's lowest byte on top.
    uint64_t last = static_cast<uint64_t>(bytes.size()) << 56;
    for (size_t i = whole; i < bytes.size(); ++i) {
      last |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[i])) << (i - whole) * 8;
    }
    Add(last);
    v2_ ^= 0xFF;
    for (int i = 0; i < 4; ++i) Round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  void Add(uint64_t word) {
    v3_ ^= word;
    Round();
    Round();
    v0_ ^= word;
  }

  void Round() {
    v0_ += v1_;
    v2_ += v3_;
    v1_ = RotatedLeft(v1_, 13) ^ v0_;
    v3_ = RotatedLeft(v3_, 16) ^ v2_;
    v0_ = RotatedLeft(v0_, 32);
    v2_ += v1_;
    v0_ += v3_;
    v1_ = RotatedLeft(v1_, 17) ^ v2_;
    v3_ = RotatedLeft(v3_, 21) ^ v0_;
    v2_ = RotatedLeft(v2_, 32);
  }

  uint64_t v0_;
  uint64_t v1_;
  uint64_t v2_;
  uint64_t v3_;
};

// A pack's hash of bytes, under the key "Springboard.pack".
inline uint64_t StableHash(absl::string_view bytes) {
  return SipHash(0x6f62676e69727053, 0x6b6361702e647261).Of(bytes);
}

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_PACK_STABLE_HASH_H_
