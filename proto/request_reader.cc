#include "proto/request_reader.h"

#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "compiler/native_type.h"
#include "compiler/signature.h"
#include "compiler/target.h"
#include "proto/enums.h"
#include "springboard/v1/trampoline_compiler.pb.h"

namespace springboard {
namespace {

constexpr uint8_t kVarint = 0;
constexpr uint8_t kLengthDelimited = 2;

constexpr uint8_t Tag(int field, uint8_t type) { return static_cast<uint8_t>(field << 3 | type); }

// Takes what a message has from the front of its bytes.
class Reader {
 public:
  explicit Reader(absl::string_view bytes) : rest_(bytes) {}

  // Whether there is nothing left.
  bool is_at_end() const { return rest_.empty(); }

  // The bytes of a field. Nothing, and then all is as before, if it is not the next or is long.
  std::optional<absl::string_view> TakeBytes(int field) {
    const std::optional<uint8_t> size = Take(Tag(field, kLengthDelimited));
    if (!size.has_value()) return std::nullopt;
    if (rest_.size() - kHeaderBytes < *size) return std::nullopt;
    const absl::string_view bytes = rest_.substr(kHeaderBytes, *size);
    rest_.remove_prefix(kHeaderBytes + *size);
    return bytes;
  }

  // The domain's value of an enum that has `count` values after UNSPECIFIED, likewise.
  template <typename Value>
  std::optional<Value> TakeEnum(int field, size_t count) {
    const std::optional<uint8_t> number = Take(Tag(field, kVarint));
    if (!number.has_value()) return std::nullopt;
    const std::optional<Value> value = FromEnumNumber<Value>(*number, count);
    if (value.has_value()) rest_.remove_prefix(kHeaderBytes);
    return value;
  }

 private:
  // A tag, and a number of one byte.
  static constexpr size_t kHeaderBytes = 2;

  // The number behind the tag, if it comes next.
  std::optional<uint8_t> Take(uint8_t tag) const {
    if (rest_.size() < kHeaderBytes || static_cast<uint8_t>(rest_[0]) != tag) return std::nullopt;
    const auto number = static_cast<uint8_t>(rest_[1]);
    if (number >= 128) return std::nullopt;
    return number;
  }

  absl::string_view rest_;
};

std::optional<Signature> ReadSignature(absl::string_view bytes, size_t max_parameters) {
  Reader reader(bytes);
  const absl::string_view numbers =
      reader.TakeBytes(v1::Signature::kParametersFieldNumber).value_or("");
  const auto result =
      reader.TakeEnum<NativeType>(v1::Signature::kResultFieldNumber, kNativeTypes.size());
  if (!result.has_value() || !reader.is_at_end()) return std::nullopt;
  absl::InlinedVector<NativeType, 32> parameters;
  for (const char number : numbers) {
    const auto type = FromEnumNumber<NativeType>(number, kNativeTypes.size());
    if (!type.has_value()) return std::nullopt;
    parameters.push_back(*type);
  }
  SignatureOptions options;
  options.max_parameters = max_parameters;
  absl::StatusOr<Signature> signature = Signature::Create(parameters, *result, options);
  if (!signature.ok()) return std::nullopt;
  return *std::move(signature);
}

}  // namespace

std::optional<CompileRequest> ReadPlainRequest(absl::string_view bytes, size_t max_parameters) {
  using Field = v1::CompileTrampolineRequest;
  Reader reader(bytes);
  const auto signature_bytes = reader.TakeBytes(Field::kSignatureFieldNumber);
  if (!signature_bytes.has_value()) return std::nullopt;
  const auto target = reader.TakeEnum<Target>(Field::kTargetFieldNumber, AllTargets().size());
  if (!target.has_value()) return std::nullopt;
  const auto profile =
      reader.TakeEnum<CallerProfile>(Field::kCallerProfileFieldNumber, AllCallerProfiles().size());
  if (!profile.has_value() || !reader.is_at_end()) return std::nullopt;
  std::optional<Signature> signature = ReadSignature(*signature_bytes, max_parameters);
  if (!signature.has_value()) return std::nullopt;
  return CompileRequest{*std::move(signature), *target, *profile};
}

}  // namespace springboard
