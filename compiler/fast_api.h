#ifndef SPRINGBOARD_COMPILER_FAST_API_H_
#define SPRINGBOARD_COMPILER_FAST_API_H_

#include <cstdint>
#include <ostream>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "compiler/native_type.h"
#include "compiler/signature.h"

namespace springboard {

// V8's types of a fast call (v8-fast-api-calls.h: CTypeInfo::Type and SequenceType).
enum class FastApiType : uint8_t {
  kV8Value,
  kVoid,
  kBool,
  kInt32,
  kUint32,
  kInt64,
  kUint64,
  kFloat32,
  kFloat64,
  kTypedArrayUint8,
  kTypedArrayInt32,
};

absl::string_view Name(FastApiType type);
inline std::ostream& operator<<(std::ostream& os, FastApiType type) { return os << Name(type); }

// What V8 is told of a trampoline, to make its v8::CFunctionInfo.
struct FastApiTemplate {
  absl::InlinedVector<FastApiType, 14> arguments;  // The receiver comes first.
  FastApiType result;
};

// True if V8's fast calls cannot return the type, so that the trampoline stores its 8 bytes
// through an out array: the integers and pointers of 64 bits.
constexpr bool NeedsOutArray(NativeType result) {
  return Info(result).type_class == TypeClass::kInteger && Info(result).size_bytes == 8;
}

// The template of the trampoline for `signature`. The same for every target.
FastApiTemplate MakeFastApiTemplate(const Signature& signature);

}  // namespace springboard

#endif  // SPRINGBOARD_COMPILER_FAST_API_H_
