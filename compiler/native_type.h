#ifndef SPRINGBOARD_COMPILER_NATIVE_TYPE_H_
#define SPRINGBOARD_COMPILER_NATIVE_TYPE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>

#include "absl/strings/string_view.h"

namespace springboard {

// The types of a native function's parameters and result; deno_ffi's NativeType.
enum class NativeType : uint8_t {
  kVoid,  // A result only.
  kBool,
  kU8,
  kI8,
  kU16,
  kI16,
  kU32,
  kI32,
  kU64,
  kI64,
  kUsize,
  kIsize,
  kF32,
  kF64,
  kPointer,
  kBuffer,  // Passed by V8 as a typed array; the callee gets the data pointer.
  kFunction,
};

// Which kind of register carries a value.
enum class TypeClass : uint8_t { kNone, kInteger, kFloat };

struct NativeTypeInfo {
  absl::string_view name;
  uint8_t size_bytes;  // 0 for void; natural alignment is the same on every target.
  TypeClass type_class;
  bool is_signed;

  // An integer that C's promotions widen to 32 bits.
  constexpr bool is_narrow() const { return type_class == TypeClass::kInteger && size_bytes < 4; }
};

inline constexpr std::array<NativeTypeInfo, 17> kNativeTypes = {{
    {"void", 0, TypeClass::kNone, false},
    {"bool", 1, TypeClass::kInteger, false},
    {"u8", 1, TypeClass::kInteger, false},
    {"i8", 1, TypeClass::kInteger, true},
    {"u16", 2, TypeClass::kInteger, false},
    {"i16", 2, TypeClass::kInteger, true},
    {"u32", 4, TypeClass::kInteger, false},
    {"i32", 4, TypeClass::kInteger, true},
    {"u64", 8, TypeClass::kInteger, false},
    {"i64", 8, TypeClass::kInteger, true},
    {"usize", 8, TypeClass::kInteger, false},
    {"isize", 8, TypeClass::kInteger, true},
    {"f32", 4, TypeClass::kFloat, true},
    {"f64", 8, TypeClass::kFloat, true},
    {"pointer", 8, TypeClass::kInteger, false},
    {"buffer", 8, TypeClass::kInteger, false},
    {"function", 8, TypeClass::kInteger, false},
}};

constexpr const NativeTypeInfo& Info(NativeType type) {
  return kNativeTypes[static_cast<size_t>(type)];
}

// The type that `name` spells in lower case ("u8"), or nothing.
constexpr std::optional<NativeType> FindNativeType(absl::string_view name) {
  for (size_t i = 0; i < kNativeTypes.size(); ++i) {
    if (kNativeTypes[i].name == name) return static_cast<NativeType>(i);
  }
  return std::nullopt;
}

inline std::ostream& operator<<(std::ostream& os, NativeType type) { return os << Info(type).name; }

}  // namespace springboard

#endif  // SPRINGBOARD_COMPILER_NATIVE_TYPE_H_
