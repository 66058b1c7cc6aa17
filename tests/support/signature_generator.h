#ifndef SPRINGBOARD_TESTS_SUPPORT_SIGNATURE_GENERATOR_H_
#define SPRINGBOARD_TESTS_SUPPORT_SIGNATURE_GENERATOR_H_

#include <cstdint>
#include <random>
#include <vector>

#include "compiler/native_type.h"
#include "compiler/signature.h"

namespace springboard {

// Random signatures, the same for the same seed on every machine. Most have just enough
// parameters to spill some to the stack, where conventions differ; a few are long.
class SignatureGenerator {
 public:
  explicit SignatureGenerator(uint64_t seed) {
    // Neighbouring seeds give sequences that have nothing in common.
    std::seed_seq words = {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)};
    random_.seed(words);
  }

  Signature Next() {
    std::vector<NativeType> parameters(Length());
    // One signature in four is mostly of floats, so that their registers run out alone.
    const uint32_t bias = Below(4);
    for (NativeType& type : parameters) {
      type = bias == 0 && Below(4) != 0 ? Float() : Any(1);
    }
    // Valid by construction: no parameter is void and there are at most 256.
    return *Signature::Create(parameters, Any(0));
  }

 private:
  // In [0, bound); std's distributions differ between libraries.
  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>(random_() % bound); }

  size_t Length() {
    const uint32_t kind = Below(100);
    if (kind < 20) return Below(5);
    if (kind < 87) return 3 + Below(16);
    if (kind < 99) return 12 + Below(40);
    return 50 + Below(207);
  }

  NativeType Any(uint32_t first) {
    return static_cast<NativeType>(first +
                                   Below(static_cast<uint32_t>(kNativeTypes.size()) - first));
  }
  NativeType Float() { return Below(2) == 0 ? NativeType::kF32 : NativeType::kF64; }

  std::mt19937 random_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_SUPPORT_SIGNATURE_GENERATOR_H_
