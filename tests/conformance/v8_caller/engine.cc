#include "tests/conformance/v8_caller/engine.h"

#include <optional>

namespace springboard {
namespace {

using CType = v8::CTypeInfo::Type;
using Sequence = v8::CTypeInfo::SequenceType;

std::optional<CType> ScalarType(v1::FastApiType type) {
  switch (type) {
    case v1::FAST_API_TYPE_V8_VALUE:
      return CType::kV8Value;
    case v1::FAST_API_TYPE_VOID:
      return CType::kVoid;
    case v1::FAST_API_TYPE_BOOL:
      return CType::kBool;
    case v1::FAST_API_TYPE_INT32:
      return CType::kInt32;
    case v1::FAST_API_TYPE_UINT32:
      return CType::kUint32;
    case v1::FAST_API_TYPE_INT64:
      return CType::kInt64;
    case v1::FAST_API_TYPE_UINT64:
      return CType::kUint64;
    case v1::FAST_API_TYPE_FLOAT32:
      return CType::kFloat32;
    case v1::FAST_API_TYPE_FLOAT64:
      return CType::kFloat64;
    default:
      return std::nullopt;
  }
}

// As V8 describes an argument. Takes the type of a typed array from `array_types`.
std::optional<v8::CTypeInfo> ArgumentType(v1::FastApiType type,
                                          const std::vector<CType>& array_types, size_t& arrays) {
  const bool is_array =
      type == v1::FAST_API_TYPE_TYPED_ARRAY_UINT8 || type == v1::FAST_API_TYPE_TYPED_ARRAY_INT32;
  if (is_array) {
    if (arrays == array_types.size()) return std::nullopt;
    return v8::CTypeInfo(array_types[arrays++], Sequence::kIsTypedArray);
  }
  const std::optional<CType> scalar = ScalarType(type);
  if (!scalar.has_value()) return std::nullopt;
  return v8::CTypeInfo(*scalar);
}

}  // namespace

struct Engine::FastFunction {
  FastFunction(v8::CTypeInfo result, std::vector<v8::CTypeInfo> arguments, const void* entry)
      : types(std::move(arguments)),
        info(result, static_cast<unsigned>(types.size()), types.data()),
        function(entry, &info) {}

  std::vector<v8::CTypeInfo> types;
  v8::CFunctionInfo info;
  v8::CFunction function;
};

Engine::Engine() {
  // Nothing may depend on when another thread has compiled or collected something.
  v8::V8::SetFlagsFromString(
      "--turbo-fast-api-calls --allow-natives-syntax --single-threaded "
      "--no-lazy-feedback-allocation");
  platform_ = v8::platform::NewSingleThreadedDefaultPlatform();
  v8::V8::InitializePlatform(platform_.get());
  v8::V8::Initialize();
  allocator_.reset(v8::ArrayBuffer::Allocator::NewDefaultAllocator());
  v8::Isolate::CreateParams params;
  params.array_buffer_allocator = allocator_.get();
  isolate_ = v8::Isolate::New(params);
  isolate_->Enter();
  const v8::HandleScope scope(isolate_);
  const v8::Local<v8::Context> context = v8::Context::New(isolate_);
  context->Enter();
  context_.Reset(isolate_, context);
}

Engine::~Engine() {
  {
    const v8::HandleScope scope(isolate_);
    context()->Exit();
    context_.Reset();
  }
  isolate_->Exit();
  isolate_->Dispose();
  v8::V8::Dispose();
  v8::V8::DisposePlatform();
}

void Engine::CallSlowly(const v8::FunctionCallbackInfo<v8::Value>& info) {
  ++static_cast<Engine*>(info.Data().As<v8::External>()->Value())->slow_calls_;
}

v8::MaybeLocal<v8::Function> Engine::MakeFunction(const v1::FastApiTemplate& fast_api,
                                                  const void* entry,
                                                  const std::vector<CType>& array_types) {
  std::vector<v8::CTypeInfo> arguments;
  size_t arrays = 0;
  for (int i = 0; i < fast_api.arguments_size(); ++i) {
    const std::optional<v8::CTypeInfo> type =
        ArgumentType(fast_api.arguments(i), array_types, arrays);
    if (!type.has_value()) return {};
    arguments.push_back(*type);
  }
  const std::optional<CType> result = ScalarType(fast_api.result());
  if (!result.has_value()) return {};
  functions_.emplace_back(v8::CTypeInfo(*result), std::move(arguments), entry);
  // The receiver does not count.
  const int length = fast_api.arguments_size() - 1;
  return v8::FunctionTemplate::New(isolate_, &CallSlowly, v8::External::New(isolate_, this), {},
                                   length, v8::ConstructorBehavior::kThrow,
                                   v8::SideEffectType::kHasSideEffect, &functions_.back().function)
      ->GetFunction(context());
}

v8::MaybeLocal<v8::Value> Engine::Evaluate(const std::string& source, std::string* error) {
  v8::EscapableHandleScope scope(isolate_);
  const v8::TryCatch exception(isolate_);
  v8::Local<v8::String> text;
  v8::Local<v8::Script> script;
  v8::Local<v8::Value> value;
  if (v8::String::NewFromUtf8(isolate_, source.data(), v8::NewStringType::kNormal,
                              static_cast<int>(source.size()))
          .ToLocal(&text) &&
      v8::Script::Compile(context(), text).ToLocal(&script) &&
      script->Run(context()).ToLocal(&value)) {
    return scope.Escape(value);
  }
  *error = *v8::String::Utf8Value(isolate_, exception.Exception());
  return {};
}

}  // namespace springboard
