#ifndef SPRINGBOARD_PROTO_ENUMS_H_
#define SPRINGBOARD_PROTO_ENUMS_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "compiler/fast_api.h"
#include "compiler/native_type.h"
#include "compiler/target.h"
#include "compiler/trampoline.h"
#include "springboard/v1/types.pb.h"

namespace springboard {

// The enums of the domain are those of the protocol without UNSPECIFIED, which is 0.
// The protocol's number of a value of the domain.
template <typename Value>
constexpr uint32_t EnumNumber(Value value) {
  return static_cast<uint32_t>(value) + 1;
}

// The last of each is the last of both.
static_assert(EnumNumber(NativeType::kFunction) == v1::NATIVE_TYPE_FUNCTION);
static_assert(v1::NATIVE_TYPE_FUNCTION == v1::NativeType_MAX);
static_assert(EnumNumber(FastApiType::kTypedArrayInt32) == v1::FAST_API_TYPE_TYPED_ARRAY_INT32);
static_assert(v1::FAST_API_TYPE_TYPED_ARRAY_INT32 == v1::FastApiType_MAX);
static_assert(EnumNumber(Target::kA64Windows) == v1::TARGET_AARCH64_WINDOWS);
static_assert(v1::TARGET_AARCH64_WINDOWS == v1::Target_MAX);
static_assert(EnumNumber(CallerProfile::kV8_10) == v1::CALLER_PROFILE_V8_10);
static_assert(v1::CALLER_PROFILE_V8_10 == v1::CallerProfile_MAX);
static_assert(EnumNumber(RelocationKind::kAbsolute64) == v1::Relocation::KIND_ABSOLUTE64);
static_assert(v1::Relocation::KIND_ABSOLUTE64 == v1::Relocation::Kind_MAX);

// The domain's value of a protocol's enum that has `count` values after UNSPECIFIED; none for
// UNSPECIFIED, and for numbers that are not known here.
template <typename Value>
constexpr std::optional<Value> FromEnumNumber(int number, size_t count) {
  if (number < 1 || static_cast<size_t>(number) > count) return std::nullopt;
  return static_cast<Value>(number - 1);
}

}  // namespace springboard

#endif  // SPRINGBOARD_PROTO_ENUMS_H_
