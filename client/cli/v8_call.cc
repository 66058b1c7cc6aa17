#include "client/cli/v8_call.h"

#include <ffi.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <deque>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "compiler/fast_api.h"

namespace springboard {
namespace {

// The struct that V8 10 passes for a typed array.
struct TypedArray {
  uint64_t length;
  void* data;
};

absl::Status BadArgument(size_t index, NativeType type, absl::string_view rule,
                         absl::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat("argument ", index, " is ", Info(type).name, ": ",
                                                 rule, "; got \"", absl::CHexEscape(text), "\""));
}

// The integer that `text` spells, as 64 bits, if it fits `bytes` and signedness.
std::optional<uint64_t> ParseInteger(absl::string_view text, uint32_t bytes, bool is_signed) {
  const bool negative = absl::ConsumePrefix(&text, "-");
  if (text.empty() || !absl::ascii_isdigit(static_cast<unsigned char>(text[0])))
    return std::nullopt;
  uint64_t magnitude = 0;
  const bool is_hex = absl::StartsWithIgnoreCase(text, "0x");
  if (!(is_hex ? absl::SimpleHexAtoi(text, &magnitude) : absl::SimpleAtoi(text, &magnitude))) {
    return std::nullopt;
  }
  const uint32_t bits = bytes * 8;
  const uint64_t max = std::numeric_limits<uint64_t>::max() >> (64 - bits + (is_signed ? 1 : 0));
  if (negative && (!is_signed || magnitude > max + 1)) return std::nullopt;
  if (!negative && magnitude > max) return std::nullopt;
  return negative ? 0 - magnitude : magnitude;
}

ffi_type* FfiType(FastApiType type) {
  switch (type) {
    case FastApiType::kVoid:
      return &ffi_type_void;
    case FastApiType::kBool:
      return &ffi_type_uint8;
    case FastApiType::kInt32:
      return &ffi_type_sint32;
    case FastApiType::kUint32:
      return &ffi_type_uint32;
    case FastApiType::kInt64:
      return &ffi_type_sint64;
    case FastApiType::kUint64:
      return &ffi_type_uint64;
    case FastApiType::kFloat32:
      return &ffi_type_float;
    case FastApiType::kFloat64:
      return &ffi_type_double;
    case FastApiType::kV8Value:
    case FastApiType::kTypedArrayUint8:
    case FastApiType::kTypedArrayInt32:
      return &ffi_type_pointer;
  }
  return nullptr;
}

// The arguments of one call, as V8 would hold them. Slots and arrays keep their addresses.
class Arguments {
 public:
  absl::Status Add(size_t index, NativeType type, const std::string& text) {
    if (type == NativeType::kBuffer) return AddBuffer(index, text);
    if (type == NativeType::kF32 || type == NativeType::kF64) return AddFloat(index, type, text);
    return AddInteger(index, type, text);
  }

  absl::Status AddAll(const Signature& signature, absl::Span<const std::string> texts) {
    const absl::Span<const NativeType> parameters = signature.parameters();
    if (texts.size() != parameters.size()) {
      return absl::InvalidArgumentError(absl::StrCat(
          signature.ToString(), " takes ", parameters.size(), " arguments; got ", texts.size()));
    }
    for (size_t i = 0; i < texts.size(); ++i) {
      absl::Status added = Add(i, parameters[i], texts[i]);
      if (!added.ok()) return added;
    }
    return absl::OkStatus();
  }

  template <typename Value>
  void AddValue(Value value) {
    static_assert(sizeof(value) <= sizeof(uint64_t));
    slots_.push_back(0);
    std::memcpy(&slots_.back(), &value, sizeof(value));
    pointers_.push_back(&slots_.back());
  }

  void AddArray(void* data, uint64_t length) {
    arrays_.push_back({length, data});
    AddValue<void*>(&arrays_.back());
  }

  void** pointers() { return pointers_.data(); }

 private:
  absl::Status AddInteger(size_t index, NativeType type, const std::string& text) {
    const NativeTypeInfo& info = Info(type);
    if (type == NativeType::kBool) {
      const bool is_true = text == "true" || text == "1";
      if (!is_true && text != "false" && text != "0") {
        return BadArgument(index, type, "true or false", text);
      }
      AddValue(uint64_t{is_true});
      return absl::OkStatus();
    }
    const bool is_null =
        text == "null" && (type == NativeType::kPointer || type == NativeType::kFunction);
    const std::optional<uint64_t> value =
        is_null ? 0 : ParseInteger(text, info.size_bytes, info.is_signed);
    if (!value.has_value()) {
      return BadArgument(index, type,
                         absl::StrCat("an integer of ", info.size_bytes * 8, " bits, ",
                                      info.is_signed ? "signed" : "unsigned"),
                         text);
    }
    AddValue(*value);
    return absl::OkStatus();
  }

  absl::Status AddFloat(size_t index, NativeType type, const std::string& text) {
    double value = 0;
    if (!absl::SimpleAtod(text, &value)) return BadArgument(index, type, "a number", text);
    if (type == NativeType::kF64) {
      AddValue(value);
      return absl::OkStatus();
    }
    const float narrow = static_cast<float>(value);
    if (std::isinf(narrow) && !std::isinf(value)) {
      return BadArgument(index, type, "a number of up to 3.4e38", text);
    }
    AddValue(narrow);
    return absl::OkStatus();
  }

  absl::Status AddBuffer(size_t index, const std::string& text) {
    absl::string_view digits = text;
    std::string bytes = text;
    if (absl::ConsumePrefix(&digits, "hex:")) {
      if (digits.size() % 2 != 0 ||
          digits.find_first_not_of("0123456789abcdefABCDEF") != absl::string_view::npos) {
        return BadArgument(index, NativeType::kBuffer, "hex: has pairs of digits", text);
      }
      bytes = absl::HexStringToBytes(digits);
    }
    buffers_.push_back(std::move(bytes));
    AddArray(buffers_.back().data(), buffers_.back().size());
    return absl::OkStatus();
  }

  std::deque<uint64_t> slots_;
  std::deque<TypedArray> arrays_;
  std::deque<std::string> buffers_;
  std::vector<void*> pointers_;
};

// The shortest text that reads back as the same number.
template <typename Float>
std::string FloatText(const void* bits) {
  Float value;
  std::memcpy(&value, bits, sizeof(value));
  std::array<char, 32> text;
  const std::to_chars_result end = std::to_chars(text.data(), text.data() + text.size(), value);
  return std::string(text.data(), end.ptr);
}

std::string ResultText(NativeType type, const uint64_t& bits) {
  const NativeTypeInfo& info = Info(type);
  switch (type) {
    case NativeType::kVoid:
      return "void";
    case NativeType::kBool:
      return (bits & 0xFF) != 0 ? "true" : "false";
    case NativeType::kF32:
      return FloatText<float>(&bits);
    case NativeType::kF64:
      return FloatText<double>(&bits);
    case NativeType::kPointer:
    case NativeType::kBuffer:
    case NativeType::kFunction:
      return absl::StrFormat("0x%x", bits);
    default:
      break;
  }
  // V8 reads a narrow result as 32 bits: so does this.
  if (info.size_bytes == 8) {
    return info.is_signed ? absl::StrCat(static_cast<int64_t>(bits)) : absl::StrCat(bits);
  }
  return info.is_signed ? absl::StrCat(static_cast<int32_t>(bits))
                        : absl::StrCat(static_cast<uint32_t>(bits));
}

}  // namespace

absl::Status CheckArguments(const Signature& signature, absl::Span<const std::string> arguments) {
  return Arguments().AddAll(signature, arguments);
}

absl::StatusOr<std::string> CallAsV8(const BoundTrampoline& trampoline, const Signature& signature,
                                     absl::Span<const std::string> arguments) {
  const FastApiTemplate fast_api = MakeFastApiTemplate(signature);
  std::vector<ffi_type*> types;
  for (const FastApiType type : fast_api.arguments) types.push_back(FfiType(type));

  Arguments values;
  int receiver = 0;
  values.AddValue<void*>(&receiver);
  const absl::Status added = values.AddAll(signature, arguments);
  if (!added.ok()) return added;
  const bool has_out_array = NeedsOutArray(signature.result());
  uint64_t out = 0;
  if (has_out_array) values.AddArray(&out, sizeof(out) / sizeof(int32_t));

  ffi_cif cif;
  if (ffi_prep_cif(&cif, FFI_DEFAULT_ABI, static_cast<unsigned>(types.size()),
                   FfiType(fast_api.result), types.data()) != FFI_OK) {
    return absl::InternalError("libffi does not take this call");
  }
  ffi_arg result = 0;
  static_assert(sizeof(result) == sizeof(uint64_t));
  ffi_call(&cif, trampoline.As<void()>(), &result, values.pointers());
  return ResultText(signature.result(), has_out_array ? out : static_cast<uint64_t>(result));
}

}  // namespace springboard
