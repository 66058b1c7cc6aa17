#ifndef SPRINGBOARD_TESTS_SUPPORT_CASE_SEED_H_
#define SPRINGBOARD_TESTS_SUPPORT_CASE_SEED_H_

#include <cstdint>
#include <string>

#include "compiler/signature.h"

namespace springboard {

// The seed of one signature's values in a run of a seed: the same wherever the signature stands
// among others, so that a failure shows again when it is run alone. FNV-1a.
inline uint64_t CaseSeed(uint64_t seed, const Signature& signature) {
  constexpr uint64_t kPrime = 0x100000001B3;
  uint64_t hash = 0xCBF29CE484222325 ^ seed;
  for (const char c : signature.ToString()) hash = (hash ^ static_cast<uint8_t>(c)) * kPrime;
  return hash;
}

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_SUPPORT_CASE_SEED_H_
