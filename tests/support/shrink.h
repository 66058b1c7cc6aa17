#ifndef SPRINGBOARD_TESTS_SUPPORT_SHRINK_H_
#define SPRINGBOARD_TESTS_SUPPORT_SHRINK_H_

#include <functional>
#include <vector>

#include "compiler/native_type.h"
#include "compiler/signature.h"

namespace springboard {

// The simplest signature that still fails, found by leaving out parameters and replacing types by
// simpler ones until nothing simpler fails. `signature` itself must fail.
inline Signature Shrink(Signature signature, const std::function<bool(const Signature&)>& fails) {
  const auto simplify = [&](const std::vector<NativeType>& types, NativeType result) {
    // Valid: not longer than the signature, and no type is void that was not.
    Signature simpler = *Signature::Create(types, result);
    if (simpler == signature || !fails(simpler)) return false;
    signature = std::move(simpler);
    return true;
  };
  const auto parameters = [&] {
    return std::vector<NativeType>(signature.parameters().begin(), signature.parameters().end());
  };
  bool progress = true;
  while (progress) {
    progress = simplify(parameters(), NativeType::kVoid);
    for (size_t i = 0; i < signature.parameters().size();) {
      std::vector<NativeType> fewer = parameters();
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      if (simplify(fewer, signature.result())) {
        progress = true;
      } else {
        ++i;
      }
    }
    for (size_t i = 0; i < signature.parameters().size(); ++i) {
      if (signature.parameters()[i] == NativeType::kU64) continue;
      std::vector<NativeType> simple = parameters();
      simple[i] = NativeType::kU64;
      progress = simplify(simple, signature.result()) || progress;
    }
  }
  return signature;
}

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_SUPPORT_SHRINK_H_
