#include "examples/v8/dlopen.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace springboard {
namespace {

v8::Local<v8::String> ToV8(v8::Isolate* isolate, const std::string& text) {
  return v8::String::NewFromUtf8(isolate, text.data(), v8::NewStringType::kNormal,
                                 static_cast<int>(text.size()))
      .ToLocalChecked();
}

std::string ToText(v8::Isolate* isolate, v8::Local<v8::Value> value) {
  const v8::String::Utf8Value text(isolate, value);
  return *text != nullptr ? std::string(*text, static_cast<size_t>(text.length())) : "";
}

// Undefined if there is none, or an exception.
v8::Local<v8::Value> Get(v8::Local<v8::Context> context, v8::Local<v8::Object> object,
                         v8::Local<v8::Value> key) {
  return object->Get(context, key)
      .FromMaybe(v8::Local<v8::Value>(v8::Undefined(context->GetIsolate())));
}

v8::Local<v8::Value> Get(v8::Local<v8::Context> context, v8::Local<v8::Object> object,
                         const char* key) {
  return Get(context, object, v8::Local<v8::Value>(ToV8(context->GetIsolate(), key)));
}

absl::Status WrongTable(absl::string_view where, absl::string_view rule) {
  return absl::InvalidArgumentError(absl::StrCat(where, ": ", rule));
}

// One entry of the table.
absl::StatusOr<SymbolRequest> ReadSymbol(v8::Local<v8::Context> context, const std::string& name,
                                         v8::Local<v8::Value> value) {
  v8::Isolate* const isolate = context->GetIsolate();
  if (!value->IsObject()) return WrongTable(name, "a symbol is {parameters: [...], result: ...}");
  const v8::Local<v8::Object> symbol = value.As<v8::Object>();
  const v8::Local<v8::Value> parameters = Get(context, symbol, "parameters");
  if (!parameters->IsArray()) return WrongTable(name, "parameters is an array of types");
  std::vector<std::string> types;
  for (uint32_t i = 0; i < parameters.As<v8::Array>()->Length(); ++i) {
    types.push_back(
        ToText(isolate, Get(context, parameters.As<v8::Object>(),
                            v8::Local<v8::Value>(v8::Integer::NewFromUnsigned(isolate, i)))));
  }
  absl::StatusOr<Signature> signature = Signature::Parse(absl::StrCat(
      ToText(isolate, Get(context, symbol, "result")), "(", absl::StrJoin(types, ","), ")"));
  if (!signature.ok()) return WrongTable(name, signature.status().message());
  const v8::Local<v8::Value> native_name = Get(context, symbol, "name");
  return SymbolRequest{name, *std::move(signature),
                       native_name->IsString() ? ToText(isolate, native_name) : "",
                       Get(context, symbol, "optional")->IsTrue()};
}

absl::StatusOr<std::vector<SymbolRequest>> ReadTable(v8::Local<v8::Context> context,
                                                     v8::Local<v8::Value> table) {
  v8::Isolate* const isolate = context->GetIsolate();
  v8::Local<v8::Array> names;
  if (!table->IsObject() || !table.As<v8::Object>()->GetOwnPropertyNames(context).ToLocal(&names)) {
    return WrongTable("symbols", "dlopen(library, {name: {parameters: [...], result: ...}})");
  }
  std::vector<SymbolRequest> symbols;
  for (uint32_t i = 0; i < names->Length(); ++i) {
    const v8::Local<v8::Value> name =
        Get(context, names, v8::Local<v8::Value>(v8::Integer::NewFromUnsigned(isolate, i)));
    absl::StatusOr<SymbolRequest> symbol =
        ReadSymbol(context, ToText(isolate, name), Get(context, table.As<v8::Object>(), name));
    if (!symbol.ok()) return symbol.status();
    symbols.push_back(*std::move(symbol));
  }
  return symbols;
}

// A result of 64 bits comes through an array: a function in JavaScript reads it. It has as many
// parameters as the native one, since optimised code makes no fast calls with spread arguments.
std::string OutArrayWrapper(const LinkedFunction& function) {
  std::vector<std::string> names;
  for (size_t i = 0; i < function.signature.parameters().size(); ++i) {
    names.push_back(absl::StrCat("a", i));
  }
  const std::string list = absl::StrJoin(names, ", ");
  const NativeType result = function.signature.result();
  return absl::StrCat("(function(native) { const out = new Int32Array(2); const result = new ",
                      Info(result).is_signed ? "BigInt64Array" : "BigUint64Array",
                      "(out.buffer); return function(", list, ") { native(", list,
                      list.empty() ? "" : ", ",
                      "out); const big = result[0]; const small = Number(big);"
                      " return Number.isSafeInteger(small) ? small : big; }; })");
}

}  // namespace

v8::MaybeLocal<v8::Value> Dlopen::MakeFunction(v8::Local<v8::Context> context,
                                               const LinkedFunction& function) {
  v8::Isolate* const isolate = context->GetIsolate();
  Function& kept = functions_.emplace_back(function);
  v8::Local<v8::Function> native;
  if (!v8::FunctionTemplate::New(isolate, &SlowCall::Callback,
                                 v8::External::New(isolate, &kept.slow), {},
                                 static_cast<int>(function.fast_api.arguments.size()) - 1,
                                 v8::ConstructorBehavior::kThrow,
                                 v8::SideEffectType::kHasSideEffect, kept.fast.function())
           ->GetFunction(context)
           .ToLocal(&native)) {
    return {};
  }
  if (!NeedsOutArray(function.signature.result())) return native;
  v8::Local<v8::Script> script;
  v8::Local<v8::Value> wrap;
  if (!v8::Script::Compile(context, ToV8(isolate, OutArrayWrapper(function))).ToLocal(&script) ||
      !script->Run(context).ToLocal(&wrap)) {
    return {};
  }
  v8::Local<v8::Value> arguments[] = {native};
  return wrap.As<v8::Function>()->Call(context, v8::Undefined(isolate), 1, arguments);
}

void Dlopen::Open(const v8::FunctionCallbackInfo<v8::Value>& info) {
  auto* const self = static_cast<Dlopen*>(info.Data().As<v8::External>()->Value());
  v8::Isolate* const isolate = info.GetIsolate();
  const v8::Local<v8::Context> context = isolate->GetCurrentContext();
  const auto fail = [isolate](const absl::Status& status) {
    isolate->ThrowException(v8::Exception::Error(ToV8(isolate, std::string(status.message()))));
  };
  const absl::StatusOr<std::vector<SymbolRequest>> symbols = ReadTable(context, info[1]);
  if (!symbols.ok()) return fail(symbols.status());
  absl::StatusOr<LinkedLibrary> library =
      self->client_->LinkLibrary(ToText(isolate, info[0]), *symbols);
  if (!library.ok()) return fail(library.status());
  self->libraries_.push_back(*std::move(library));
  const v8::Local<v8::Object> functions = v8::Object::New(isolate);
  for (const LinkedFunction& function : self->libraries_.back().functions()) {
    v8::Local<v8::Value> value;
    if (!self->MakeFunction(context, function).ToLocal(&value)) return;
    if (functions->Set(context, ToV8(isolate, function.name), value).IsNothing()) return;
  }
  info.GetReturnValue().Set(functions);
}

void Dlopen::CountSlowCalls(const v8::FunctionCallbackInfo<v8::Value>& info) {
  const auto* const self = static_cast<Dlopen*>(info.Data().As<v8::External>()->Value());
  uint64_t count = 0;
  for (const Function& function : self->functions_) count += function.slow.count();
  info.GetReturnValue().Set(static_cast<double>(count));
}

void Dlopen::Install(v8::Local<v8::Context> context) {
  v8::Isolate* const isolate = context->GetIsolate();
  const v8::Local<v8::External> self = v8::External::New(isolate, this);
  const std::pair<const char*, v8::FunctionCallback> functions[] = {
      {"dlopen", &Dlopen::Open}, {"slowCalls", &Dlopen::CountSlowCalls}};
  for (const auto& [name, callback] : functions) {
    context->Global()
        ->Set(context, ToV8(isolate, name),
              v8::Function::New(context, callback, self).ToLocalChecked())
        .Check();
  }
}

}  // namespace springboard
