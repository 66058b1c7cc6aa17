#ifndef SPRINGBOARD_PROTO_ENUMS_H_
#define SPRINGBOARD_PROTO_ENUMS_H_

#include <cstddef>
#include <optional>

#include "compiler/fast_api.h"
#include "compiler/native_type.h"
#include "compiler/target.h"
#include "compiler/trampoline.h"
#include "springboard/v1/types.pb.h"

namespace springboard {

// The enums of the domain are those of the protocol without UNSPECIFIED, which is 0.
static_assert(static_cast<int>(NativeType::kFunction) + 1 == v1::NATIVE_TYPE_FUNCTION);
static_assert(kNativeTypes.size() == v1::NativeType_ARRAYSIZE - 1);
static_assert(static_cast<int>(FastApiType::kTypedArrayInt32) + 1 ==
              v1::FAST_API_TYPE_TYPED_ARRAY_INT32);
static_assert(static_cast<int>(Target::kA64Windows) + 1 == v1::TARGET_AARCH64_WINDOWS);
static_assert(static_cast<int>(CallerProfile::kV8_10) + 1 == v1::CALLER_PROFILE_V8_10);
static_assert(static_cast<int>(RelocationKind::kAbsolute64) + 1 == v1::Relocation::KIND_ABSOLUTE64);

// The protocol's number of a value of the domain.
template <typename Value>
constexpr int EnumNumber(Value value) {
  return static_cast<int>(value) + 1;
}

// The domain's value of a protocol's enum that has `count` values after UNSPECIFIED; none for
// UNSPECIFIED, and for numbers that are not known here.
template <typename Value>
constexpr std::optional<Value> FromEnumNumber(int number, size_t count) {
  if (number < 1 || static_cast<size_t>(number) > count) return std::nullopt;
  return static_cast<Value>(number - 1);
}

}  // namespace springboard

#endif  // SPRINGBOARD_PROTO_ENUMS_H_
