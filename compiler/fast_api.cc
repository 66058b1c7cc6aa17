#include "compiler/fast_api.h"

#include <array>
#include <cstddef>

namespace springboard {
namespace {

// Indexed by NativeType.
constexpr std::array<FastApiType, kNativeTypes.size()> kFastApiTypes = {
    FastApiType::kVoid,             // void
    FastApiType::kBool,             // bool
    FastApiType::kUint32,           // u8
    FastApiType::kInt32,            // i8
    FastApiType::kUint32,           // u16
    FastApiType::kInt32,            // i16
    FastApiType::kUint32,           // u32
    FastApiType::kInt32,            // i32
    FastApiType::kUint64,           // u64
    FastApiType::kInt64,            // i64
    FastApiType::kUint64,           // usize
    FastApiType::kInt64,            // isize
    FastApiType::kFloat32,          // f32
    FastApiType::kFloat64,          // f64
    FastApiType::kUint64,           // pointer
    FastApiType::kTypedArrayUint8,  // buffer
    FastApiType::kUint64,           // function
};

FastApiType ToFastApiType(NativeType type) { return kFastApiTypes[static_cast<size_t>(type)]; }

constexpr std::array<absl::string_view, 11> kNames = {
    "V8Value",
    "Void",
    "Bool",
    "Int32",
    "Uint32",
    "Int64",
    "Uint64",
    "Float32",
    "Float64",
    "TypedArray(Uint8)",
    "TypedArray(Int32)",
};

}  // namespace

absl::string_view Name(FastApiType type) { return kNames[static_cast<size_t>(type)]; }

FastApiTemplate MakeFastApiTemplate(const Signature& signature) {
  FastApiTemplate fast_api;
  fast_api.arguments.reserve(signature.parameters().size() + 2);
  fast_api.arguments.push_back(FastApiType::kV8Value);
  for (const NativeType type : signature.parameters()) {
    fast_api.arguments.push_back(ToFastApiType(type));
  }
  if (NeedsOutArray(signature.result())) {
    fast_api.arguments.push_back(FastApiType::kTypedArrayInt32);
    fast_api.result = FastApiType::kVoid;
  } else {
    fast_api.result = ToFastApiType(signature.result());
  }
  return fast_api;
}

}  // namespace springboard
