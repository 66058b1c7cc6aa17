#include "examples/v8/fast_call.h"

namespace springboard {
namespace {

// V8 10.2 has fast calls for typed arrays of 32 and 64 bits; later ones have Uint8 too.
v8::CTypeInfo TypeOf(FastApiType type) {
  using Type = v8::CTypeInfo::Type;
  constexpr auto kIsArray = v8::CTypeInfo::SequenceType::kIsTypedArray;
  switch (type) {
    case FastApiType::kV8Value:
      return v8::CTypeInfo(Type::kV8Value);
    case FastApiType::kVoid:
      return v8::CTypeInfo(Type::kVoid);
    case FastApiType::kBool:
      return v8::CTypeInfo(Type::kBool);
    case FastApiType::kInt32:
      return v8::CTypeInfo(Type::kInt32);
    case FastApiType::kUint32:
      return v8::CTypeInfo(Type::kUint32);
    case FastApiType::kInt64:
      return v8::CTypeInfo(Type::kInt64);
    case FastApiType::kUint64:
      return v8::CTypeInfo(Type::kUint64);
    case FastApiType::kFloat32:
      return v8::CTypeInfo(Type::kFloat32);
    case FastApiType::kFloat64:
      return v8::CTypeInfo(Type::kFloat64);
    case FastApiType::kTypedArrayUint8:
      return v8::CTypeInfo(Type::kUint32, kIsArray);
    case FastApiType::kTypedArrayInt32:
      return v8::CTypeInfo(Type::kInt32, kIsArray);
  }
  return v8::CTypeInfo(Type::kVoid);
}

std::vector<v8::CTypeInfo> TypesOf(const FastApiTemplate& fast_api) {
  std::vector<v8::CTypeInfo> types;
  for (const FastApiType type : fast_api.arguments) types.push_back(TypeOf(type));
  return types;
}

}  // namespace

FastCall::FastCall(const LinkedFunction& function)
    : arguments_(TypesOf(function.fast_api)),
      info_(TypeOf(function.fast_api.result), static_cast<unsigned>(arguments_.size()),
            arguments_.data()),
      function_(function.trampoline.entry(), &info_) {}

}  // namespace springboard
