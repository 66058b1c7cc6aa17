#include "tests/conformance/v8_caller/fast_call.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "compiler/fast_api.h"
#include "tests/conformance/oracle/callee_source.h"
#include "tests/conformance/oracle/record_layout.h"
#include "tests/support/bits.h"

namespace springboard {
namespace {

using ElementType = v8::CTypeInfo::Type;

constexpr int kRounds = 4;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kTwo53 = 9007199254740992;

// Numbers around the edges of every integer type, of which a fast call takes the low 32 bits, as
// ECMA-262's ToInt32 does.
constexpr std::array<double, 27> kNumbers = {
    0,     -0.0,   1,     -1,     0x7F,       0x80,        -0x80,      0xFF,        0x100,
    0x101, 0x7FFF, 32768, -32768, 0xFFFF,     0x10000,     0x7FFFFFFF, 2147483648., -2147483648.,
    1.5,   -1.5,   4e9,   kTwo53, 4294967295, 4294967296., -kTwo53,    kInfinity,   NAN};
// For 64 bits, a fast call takes integers only, below 2^63.
constexpr std::array<double, 14> kIntegers = {0,
                                              1,
                                              -1,
                                              0x101,
                                              -0x80,
                                              2147483648.,
                                              -2147483649.,
                                              4294967295.,
                                              4294967296.,
                                              kTwo53 - 1,
                                              kTwo53,
                                              -kTwo53,
                                              4611686018427387904.,
                                              -9223372036854775808.};
constexpr std::array<double, 14> kFloats = {
    0,    -0.0,   1,     -1.5,      0.1,        kTwo53, 16777217, 3.4028234663852886e38,
    1e39, 5e-324, 1e-45, kInfinity, -kInfinity, NAN};

constexpr std::array<ElementType, 6> kArrayTypes = {ElementType::kInt32,   ElementType::kUint32,
                                                    ElementType::kFloat32, ElementType::kInt64,
                                                    ElementType::kFloat64, ElementType::kUint64};

template <typename To, typename From>
To BitCast(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof(to));
  return to;
}

// ECMA-262 7.1.6.
uint32_t ToInt32(double number) {
  if (!std::isfinite(number)) return 0;
  const double modulo = std::fmod(std::trunc(number), 4294967296.);
  return static_cast<uint32_t>(static_cast<int64_t>(modulo));
}

// The low bytes of `bits` as a value of `type`.
int64_t AsInteger(NativeType type, uint64_t bits) {
  const NativeTypeInfo& info = Info(type);
  const int unused = 64 - 8 * info.size_bytes;
  if (!info.is_signed) return static_cast<int64_t>(bits & Mask(info.size_bytes));
  return static_cast<int64_t>(bits << unused) >> unused;
}

// A NaN may come with any sign and payload.
bool IsSameFloat(NativeType type, uint64_t expected, uint64_t actual) {
  if (type == NativeType::kF64) {
    return expected == actual ||
           (std::isnan(BitCast<double>(expected)) && std::isnan(BitCast<double>(actual)));
  }
  const auto low = [](uint64_t bits) { return static_cast<uint32_t>(bits); };
  return low(expected) == low(actual) ||
         (std::isnan(BitCast<float>(low(expected))) && std::isnan(BitCast<float>(low(actual))));
}

template <typename Value>
Value& Record(uint64_t offset) {
  return *reinterpret_cast<Value*>(kRecord + offset);
}

v8::Local<v8::Value> NewTypedArray(ElementType type, v8::Local<v8::ArrayBuffer> buffer,
                                   size_t offset, size_t length) {
  switch (type) {
    case ElementType::kInt32:
      return v8::Int32Array::New(buffer, offset, length);
    case ElementType::kUint32:
      return v8::Uint32Array::New(buffer, offset, length);
    case ElementType::kInt64:
      return v8::BigInt64Array::New(buffer, offset, length);
    case ElementType::kUint64:
      return v8::BigUint64Array::New(buffer, offset, length);
    case ElementType::kFloat32:
      return v8::Float32Array::New(buffer, offset, length);
    default:
      return v8::Float64Array::New(buffer, offset, length);
  }
}

// The call of one function with values of one round.
class Call {
 public:
  Call(Engine& engine, const Signature& signature, const std::vector<ElementType>& array_types,
       std::mt19937_64& random)
      : engine_(engine), isolate_(engine.isolate()), signature_(signature), random_(random) {
    size_t arrays = 0;
    for (const NativeType type : signature.parameters()) {
      AddArgument(type, type == NativeType::kBuffer ? array_types[arrays++] : ElementType::kVoid);
    }
    if (NeedsOutArray(signature.result())) AddOutArray();
    result_bits_ = random_();
    if (random_() % 4 == 0) result_bits_ = random_() % 2 == 0 ? 0 : ~uint64_t{0};
    if (signature.result() == NativeType::kBool) result_bits_ &= ~uint64_t{0xFE};
  }

  // Calls `function`; the first difference, or an empty text.
  std::string Make(v8::Local<v8::Function> function, bool is_fast) {
    std::memset(&Record<uint8_t>(0), 0xA5, kRecordBytes);
    Record<uint64_t>(kResultOffset) = result_bits_;
    Record<uint64_t>(kCallsOffset) = 0;
    const int slow_calls = engine_.slow_calls();
    v8::Local<v8::Value> result;
    const v8::TryCatch exception(isolate_);
    if (!function
             ->Call(engine_.context(), v8::Undefined(isolate_), static_cast<int>(values_.size()),
                    values_.data())
             .ToLocal(&result)) {
      return absl::StrCat("exception: ", *v8::String::Utf8Value(isolate_, exception.Exception()));
    }
    if (!is_fast) return "";
    if (engine_.slow_calls() != slow_calls) return "V8 did not take the fast path";
    if (const uint64_t calls = Record<uint64_t>(kCallsOffset); calls != 1) {
      return absl::StrCat("the callee ran ", calls, " times");
    }
    const std::string problem = CheckArguments();
    return problem.empty() ? CheckResult(result) : problem;
  }

 private:
  template <size_t kSize>
  double Pick(const std::array<double, kSize>& edges, double any) {
    return random_() % 3 == 0 ? any : edges[random_() % kSize];
  }

  void Add(v8::Local<v8::Value> value, uint64_t expected) {
    values_.push_back(value);
    expected_.push_back(expected);
  }

  void AddArgument(NativeType type, ElementType array_type) {
    const NativeTypeInfo& info = Info(type);
    if (type == NativeType::kBool) {
      const bool value = random_() % 2 == 0;
      Add(v8::Boolean::New(isolate_, value), value ? 1 : 0);
    } else if (type == NativeType::kF32 || type == NativeType::kF64) {
      const double value = Pick(kFloats, BitCast<double>(random_()));
      const uint64_t bits = type == NativeType::kF64 ? BitCast<uint64_t>(value)
                                                     : BitCast<uint32_t>(static_cast<float>(value));
      Add(v8::Number::New(isolate_, value), bits);
    } else if (type == NativeType::kBuffer) {
      AddBuffer(array_type);
    } else if (info.size_bytes == 8) {
      const double value =
          Pick(kIntegers, static_cast<double>(static_cast<int64_t>(random_()) >> 11));
      Add(v8::Number::New(isolate_, value), static_cast<uint64_t>(static_cast<int64_t>(value)));
    } else {
      const double value =
          Pick(kNumbers, static_cast<double>(static_cast<int32_t>(random_())) * 4097);
      Add(v8::Number::New(isolate_, value), ToInt32(value));
    }
  }

  void AddBuffer(ElementType type) {
    const size_t offset = random_() % 4 * 8;
    const size_t length = 1 + random_() % 8;
    const v8::Local<v8::ArrayBuffer> buffer = v8::ArrayBuffer::New(isolate_, offset + 8 * length);
    const auto data = reinterpret_cast<uintptr_t>(buffer->GetBackingStore()->Data());
    Add(NewTypedArray(type, buffer, offset, length), data + offset);
  }

  // With canaries on both sides of the two elements that the callee's result takes.
  void AddOutArray() {
    out_buffer_ = v8::ArrayBuffer::New(isolate_, 4 * sizeof(uint64_t));
    const size_t offset = sizeof(uint64_t) + random_() % 2 * sizeof(uint32_t);
    out_data_ = static_cast<uint8_t*>(out_buffer_->GetBackingStore()->Data());
    out_offset_ = offset;
    for (size_t i = 0; i < 4 * sizeof(uint64_t); ++i) out_data_[i] = static_cast<uint8_t>(i);
    values_.push_back(v8::Int32Array::New(out_buffer_, offset, 2));
  }

  std::string CheckArguments() const {
    for (size_t i = 0; i < signature_.parameters().size(); ++i) {
      const NativeType type = signature_.parameters()[i];
      const NativeTypeInfo& info = Info(type);
      const uint64_t actual = Record<uint64_t>(kSlotBytes * i) & Mask(info.size_bytes);
      const uint64_t expected = expected_[i] & Mask(info.size_bytes);
      const bool same = info.type_class == TypeClass::kFloat ? IsSameFloat(type, expected, actual)
                                                             : expected == actual;
      if (!same) return Differs(absl::StrCat("argument ", i), type, expected, actual);
      const int32_t promoted = Record<int32_t>(kSlotBytes * i + kPromotedOffset);
      if (info.is_narrow() && promoted != AsInteger(type, expected)) {
        return Differs(absl::StrCat("argument ", i, " as an int"), type,
                       static_cast<uint64_t>(AsInteger(type, expected)),
                       static_cast<uint64_t>(promoted));
      }
    }
    return "";
  }

  std::string CheckResult(v8::Local<v8::Value> result) const {
    const NativeType type = signature_.result();
    if (NeedsOutArray(type)) return CheckOutArray();
    if (type == NativeType::kVoid) {
      return result->IsUndefined() ? "" : "the result is not undefined";
    }
    if (type == NativeType::kBool) {
      const bool expected = (result_bits_ & 1) != 0;
      return result->IsBoolean() && result.As<v8::Boolean>()->Value() == expected
                 ? ""
                 : absl::StrCat("result: expected ", expected);
    }
    if (!result->IsNumber()) return "the result is no number";
    const double actual = result.As<v8::Number>()->Value();
    double expected = static_cast<double>(AsInteger(type, result_bits_));
    if (type == NativeType::kF64) expected = BitCast<double>(result_bits_);
    if (type == NativeType::kF32) expected = BitCast<float>(static_cast<uint32_t>(result_bits_));
    const bool same =
        IsSameFloat(NativeType::kF64, BitCast<uint64_t>(expected), BitCast<uint64_t>(actual));
    return same ? "" : absl::StrFormat("result: expected %g, got %g", expected, actual);
  }

  std::string CheckOutArray() const {
    std::array<uint8_t, 4 * sizeof(uint64_t)> expected;
    for (size_t i = 0; i < expected.size(); ++i) expected[i] = static_cast<uint8_t>(i);
    std::memcpy(&expected[out_offset_], &result_bits_, sizeof(result_bits_));
    return std::memcmp(expected.data(), out_data_, expected.size()) == 0
               ? ""
               : "the out array does not hold the result alone";
  }

  static std::string Differs(const std::string& what, NativeType type, uint64_t expected,
                             uint64_t actual) {
    return absl::StrFormat("%s (%s): expected 0x%x, got 0x%x", what, Info(type).name, expected,
                           actual);
  }

  Engine& engine_;
  v8::Isolate* const isolate_;
  const Signature& signature_;
  std::mt19937_64& random_;
  std::vector<v8::Local<v8::Value>> values_;
  std::vector<uint64_t> expected_;  // Of the parameters.
  uint64_t result_bits_ = 0;
  v8::Local<v8::ArrayBuffer> out_buffer_;
  uint8_t* out_data_ = nullptr;
  size_t out_offset_ = 0;
};

// A JavaScript function of its own for each case, so that nothing learned of another is used:
// `function call(a0, a1) { return fast(a0, a1); }`.
v8::MaybeLocal<v8::Function> MakeCaller(Engine& engine, size_t parameters,
                                        v8::Local<v8::Function> fast, std::string* error) {
  static int number = 0;
  const std::string name = absl::StrCat("fast", ++number);
  v8::Isolate* const isolate = engine.isolate();
  const auto set = engine.context()->Global()->Set(
      engine.context(), v8::String::NewFromUtf8(isolate, name.c_str()).ToLocalChecked(), fast);
  if (set.IsNothing()) return {};
  std::vector<std::string> names;
  for (size_t i = 0; i < parameters; ++i) names.push_back(absl::StrCat("a", i));
  const std::string list = absl::StrJoin(names, ", ");
  v8::Local<v8::Value> caller;
  if (!engine
           .Evaluate(
               absl::StrCat("(function() { function call(", list, ") { return ", name, "(", list,
                            "); }"
                            " %PrepareFunctionForOptimization(call); return call; })()"),
               error)
           .ToLocal(&caller)) {
    return {};
  }
  return caller.As<v8::Function>();
}

bool Optimize(Engine& engine, v8::Local<v8::Function> caller, std::string* error) {
  v8::Local<v8::Value> optimize;
  if (!engine.Evaluate("(function(f) { %OptimizeFunctionOnNextCall(f); })", error)
           .ToLocal(&optimize)) {
    return false;
  }
  std::array<v8::Local<v8::Value>, 1> arguments = {caller};
  return !optimize.As<v8::Function>()
              ->Call(engine.context(), v8::Undefined(engine.isolate()), 1, arguments.data())
              .IsEmpty();
}

}  // namespace

std::string CheckFastCalls(Engine& engine, const Signature& signature,
                           const v1::FastApiTemplate& fast_api, const void* entry,
                           std::mt19937_64& random) {
  const v8::HandleScope scope(engine.isolate());
  std::vector<ElementType> array_types;
  for (const NativeType type : signature.parameters()) {
    if (type == NativeType::kBuffer) array_types.push_back(kArrayTypes[random() % 6]);
  }
  // The out array comes last.
  std::vector<ElementType> all_array_types = array_types;
  if (NeedsOutArray(signature.result())) all_array_types.push_back(ElementType::kInt32);

  v8::Local<v8::Function> fast;
  if (!engine.MakeFunction(fast_api, entry, all_array_types).ToLocal(&fast)) {
    return "the template has a type that V8 lacks";
  }
  std::string error;
  v8::Local<v8::Function> caller;
  if (!MakeCaller(engine, static_cast<size_t>(fast_api.arguments_size()) - 1, fast, &error)
           .ToLocal(&caller)) {
    return absl::StrCat("no caller: ", error);
  }
  std::vector<Call> calls;
  calls.reserve(kRounds);
  for (int i = 0; i < kRounds; ++i) calls.emplace_back(engine, signature, array_types, random);
  // Interpreted: V8 learns which types come.
  for (Call& call : calls) {
    std::string problem = call.Make(caller, /*is_fast=*/false);
    if (!problem.empty()) return problem;
  }
  if (!Optimize(engine, caller, &error)) return absl::StrCat("not optimised: ", error);
  for (Call& call : calls) {
    std::string problem = call.Make(caller, /*is_fast=*/true);
    if (!problem.empty()) return problem;
  }
  return "";
}

}  // namespace springboard
