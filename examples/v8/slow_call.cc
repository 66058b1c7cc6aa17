#include "examples/v8/slow_call.h"

#include <cstring>
#include <optional>
#include <string>

namespace springboard {
namespace {

ffi_type* FfiType(NativeType type) {
  switch (type) {
    case NativeType::kVoid:
      return &ffi_type_void;
    case NativeType::kBool:
    case NativeType::kU8:
      return &ffi_type_uint8;
    case NativeType::kI8:
      return &ffi_type_sint8;
    case NativeType::kU16:
      return &ffi_type_uint16;
    case NativeType::kI16:
      return &ffi_type_sint16;
    case NativeType::kU32:
      return &ffi_type_uint32;
    case NativeType::kI32:
      return &ffi_type_sint32;
    case NativeType::kF32:
      return &ffi_type_float;
    case NativeType::kF64:
      return &ffi_type_double;
    default:
      return &ffi_type_uint64;
  }
}

template <typename Value>
uint64_t Bits(Value value) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(value));
  return bits;
}

template <typename Value>
Value From(uint64_t bits) {
  Value value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

uint64_t DataOf(v8::Local<v8::ArrayBufferView> view) {
  const auto data = reinterpret_cast<uintptr_t>(view->Buffer()->GetBackingStore()->Data());
  return data + view->ByteOffset();
}

// The value as the function takes it; nothing if it does not.
std::optional<uint64_t> ToNative(v8::Local<v8::Context> context, NativeType type,
                                 v8::Local<v8::Value> value) {
  const NativeTypeInfo& info = Info(type);
  if (type == NativeType::kBuffer) {
    if (!value->IsArrayBufferView()) return std::nullopt;
    return DataOf(value.As<v8::ArrayBufferView>());
  }
  if (type == NativeType::kBool) {
    return value->IsBoolean() ? std::optional<uint64_t>(value->IsTrue() ? 1 : 0) : std::nullopt;
  }
  if (value->IsBigInt() && info.size_bytes == 8 && info.type_class == TypeClass::kInteger)
    return value.As<v8::BigInt>()->Uint64Value();
  if (!value->IsNumber()) return std::nullopt;
  const double number = value.As<v8::Number>()->Value();
  if (type == NativeType::kF64) return Bits(number);
  if (type == NativeType::kF32) return Bits(static_cast<float>(number));
  int64_t integer = 0;
  if (!value->IntegerValue(context).To(&integer)) return std::nullopt;
  return static_cast<uint64_t>(integer);
}

v8::Local<v8::Value> ToJavaScript(v8::Isolate* isolate, NativeType type, uint64_t bits) {
  switch (type) {
    case NativeType::kBool:
      return v8::Boolean::New(isolate, (bits & 0xFF) != 0);
    case NativeType::kU8:
      return v8::Integer::New(isolate, From<uint8_t>(bits));
    case NativeType::kI8:
      return v8::Integer::New(isolate, From<int8_t>(bits));
    case NativeType::kU16:
      return v8::Integer::New(isolate, From<uint16_t>(bits));
    case NativeType::kI16:
      return v8::Integer::New(isolate, From<int16_t>(bits));
    case NativeType::kU32:
      return v8::Integer::NewFromUnsigned(isolate, From<uint32_t>(bits));
    case NativeType::kI32:
      return v8::Integer::New(isolate, From<int32_t>(bits));
    case NativeType::kF32:
      return v8::Number::New(isolate, From<float>(bits));
    case NativeType::kF64:
      return v8::Number::New(isolate, From<double>(bits));
    default:
      return v8::Undefined(isolate);
  }
}

void Throw(v8::Isolate* isolate, const std::string& text) {
  isolate->ThrowException(
      v8::Exception::TypeError(v8::String::NewFromUtf8(isolate, text.c_str()).ToLocalChecked()));
}

}  // namespace

SlowCall::SlowCall(const LinkedFunction& function)
    : signature_(function.signature), callee_(function.callee) {
  for (const NativeType type : signature_.parameters()) types_.push_back(FfiType(type));
  // Cannot fail: the types are libffi's own.
  ffi_prep_cif(&cif_, FFI_DEFAULT_ABI, static_cast<unsigned>(types_.size()),
               FfiType(signature_.result()), types_.data());
}

void SlowCall::Callback(const v8::FunctionCallbackInfo<v8::Value>& info) {
  static_cast<SlowCall*>(info.Data().As<v8::External>()->Value())->Run(info);
}

void SlowCall::Run(const v8::FunctionCallbackInfo<v8::Value>& info) {
  ++count_;
  v8::Isolate* const isolate = info.GetIsolate();
  const size_t count = signature_.parameters().size();
  std::vector<uint64_t> values(count);
  std::vector<void*> pointers(count);
  for (size_t i = 0; i < count; ++i) {
    const NativeType type = signature_.parameters()[i];
    const std::optional<uint64_t> value =
        ToNative(isolate->GetCurrentContext(), type, info[static_cast<int>(i)]);
    if (!value.has_value()) {
      Throw(isolate, "argument " + std::to_string(i) + " must be a " +
                         std::string(Info(type).name) + " in " + signature_.ToString());
      return;
    }
    values[i] = *value;
    pointers[i] = &values[i];
  }
  uint64_t result = 0;
  ffi_call(&cif_, reinterpret_cast<void (*)()>(reinterpret_cast<uintptr_t>(callee_)), &result,
           pointers.data());
  if (!NeedsOutArray(signature_.result())) {
    info.GetReturnValue().Set(ToJavaScript(isolate, signature_.result(), result));
    return;
  }
  const v8::Local<v8::Value> out = info[static_cast<int>(count)];
  if (!out->IsArrayBufferView() || out.As<v8::ArrayBufferView>()->ByteLength() < sizeof(result)) {
    Throw(isolate, "the last argument must be a typed array of 8 bytes for the result of " +
                       signature_.ToString());
    return;
  }
  std::memcpy(reinterpret_cast<void*>(DataOf(out.As<v8::ArrayBufferView>())), &result,
              sizeof(result));
}

}  // namespace springboard
