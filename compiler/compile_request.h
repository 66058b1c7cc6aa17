#ifndef SPRINGBOARD_COMPILER_COMPILE_REQUEST_H_
#define SPRINGBOARD_COMPILER_COMPILE_REQUEST_H_

#include <string>

#include "absl/types/span.h"
#include "compiler/native_type.h"
#include "compiler/signature.h"
#include "compiler/target.h"

namespace springboard {

// What determines a trampoline's bytes, given the codegen version.
struct CompileRequest {
  Signature signature;
  Target target;
  CallerProfile profile = CallerProfile::kV8_10;
};

// Two requests have the same if and only if they are the same. Packs are written with it: a type, a
// target and a profile keep their numbers.
inline std::string RequestKey(const CompileRequest& request) {
  static_assert(sizeof(NativeType) == 1);
  const absl::Span<const NativeType> parameters = request.signature.parameters();
  std::string key;
  key.reserve(parameters.size() + 3);
  key.push_back(static_cast<char>(request.target));
  key.push_back(static_cast<char>(request.profile));
  key.push_back(static_cast<char>(request.signature.result()));
  key.append(reinterpret_cast<const char*>(parameters.data()), parameters.size());
  return key;
}

}  // namespace springboard

#endif  // SPRINGBOARD_COMPILER_COMPILE_REQUEST_H_
