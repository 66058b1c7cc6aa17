// Any code to the verifier: byte 0 picks the target, byte 1 how the code comes about, byte 2 the
// result, byte 3 the number of parameters, and each of as many bytes behind it one of them. What
// is left is the callee's offset, the alignment and the code; or edits of what the compiler makes
// of the signature, which reach deeper than bytes by chance.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/verifier/verifier.h"
#include "compiler/compile.h"
#include "compiler/native_type.h"
#include "compiler/signature.h"
#include "tests/fuzz/property.h"

namespace springboard {
namespace {

constexpr uint8_t kUnknownTarget = 0xFF;
constexpr uint8_t kUnknownProfile = 0xFE;
constexpr size_t kMaxCopiedBytes = 16;

// The input's bytes one by one, and zeros behind them.
class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : next_(data), end_(data + size) {}

  bool empty() const { return next_ == end_; }
  size_t size() const { return static_cast<size_t>(end_ - next_); }
  uint8_t Take() { return empty() ? uint8_t{0} : *next_++; }
  uint16_t TakePair() {
    const uint8_t low = Take();
    return static_cast<uint16_t>(low | Take() << 8);
  }
  std::vector<uint8_t> TakeRest() { return {std::exchange(next_, end_), end_}; }

 private:
  const uint8_t* next_;
  const uint8_t* end_;
};

struct Code {
  std::vector<uint8_t> bytes;
  uint32_t callee_offset_bytes;
  uint32_t alignment_bytes;
};

bool AreEqual(const Code& a, const Code& b) {
  return a.bytes == b.bytes && a.callee_offset_bytes == b.callee_offset_bytes &&
         a.alignment_bytes == b.alignment_bytes;
}

struct Question {
  Signature signature;
  Target target;
  CallerProfile profile;
};

Signature TakeSignature(Bytes& input) {
  const auto result = static_cast<NativeType>(input.Take() % kNativeTypes.size());
  const size_t count = input.Take();
  std::vector<NativeType> parameters(std::min(count, input.size()));
  for (NativeType& type : parameters) {
    type = static_cast<NativeType>(1 + input.Take() % (kNativeTypes.size() - 1));
  }
  // Valid by construction: no parameter is void and there are at most 256.
  return *Signature::Create(parameters, result);
}

Code TakeCode(Bytes& input) {
  const uint32_t callee_offset_bytes = input.TakePair();
  const uint32_t alignment_bytes = input.TakePair();
  return {input.TakeRest(), callee_offset_bytes, alignment_bytes};
}

// The callee's offset keeps to its slot where bytes come or go before it.
void Insert(Code& code, size_t position, const std::vector<uint8_t>& bytes) {
  code.bytes.insert(code.bytes.begin() + static_cast<std::ptrdiff_t>(position), bytes.begin(),
                    bytes.end());
  if (position <= code.callee_offset_bytes) {
    code.callee_offset_bytes += static_cast<uint32_t>(bytes.size());
  }
}

void Erase(Code& code, size_t position, size_t count) {
  const auto begin = code.bytes.begin() + static_cast<std::ptrdiff_t>(position);
  code.bytes.erase(begin, begin + static_cast<std::ptrdiff_t>(count));
  if (position < code.callee_offset_bytes) {
    code.callee_offset_bytes -= static_cast<uint32_t>(count);
  }
}

void Edit(Code& code, Bytes& input) {
  const uint8_t kind = input.Take() % 6;
  const size_t position = input.TakePair() % (code.bytes.size() + 1);
  const uint8_t value = input.Take();
  const size_t count = std::min<size_t>(value % kMaxCopiedBytes, code.bytes.size() - position);
  switch (kind) {
    case 0:
      if (position < code.bytes.size()) code.bytes[position] ^= value;
      break;
    case 1:
      Insert(code, position, {value});
      break;
    case 2:
      Erase(code, position, count);
      break;
    case 3: {  // An instruction once more, somewhere else.
      const auto begin = code.bytes.begin() + static_cast<std::ptrdiff_t>(position);
      const std::vector<uint8_t> copied(begin, begin + static_cast<std::ptrdiff_t>(count));
      Insert(code, input.TakePair() % (code.bytes.size() + 1), copied);
      break;
    }
    case 4:
      code.callee_offset_bytes += static_cast<uint32_t>(static_cast<int8_t>(value));
      break;
    default:
      code.alignment_bytes = uint32_t{value} << position % 32;
      break;
  }
}

// Bytes of the heap, of which the sanitizer knows the last.
std::optional<Rejection> VerifyExactly(const Question& question, const Code& code) {
  const size_t size = code.bytes.size();
  const std::unique_ptr<uint8_t[]> bytes(new uint8_t[size]);
  std::copy(code.bytes.begin(), code.bytes.end(), bytes.get());
  return Verify(question.signature, question.target, question.profile,
                {{bytes.get(), size}, code.callee_offset_bytes, code.alignment_bytes});
}

// True if the code is accepted.
bool CheckVerdict(const Question& question, const Code& code) {
  const std::optional<Rejection> rejection = VerifyExactly(question, code);
  const auto input = [&] {
    const absl::string_view bytes(reinterpret_cast<const char*>(code.bytes.data()),
                                  code.bytes.size());
    return absl::StrCat("springboard verify --target=", static_cast<int>(question.target),
                        " (of the enum) --signature='", question.signature.ToString(),
                        "' --callee-offset=", code.callee_offset_bytes,
                        " --alignment=", code.alignment_bytes,
                        " --code=", absl::BytesToHexString(bytes), "\n",
                        rejection.has_value() ? rejection->ToString() : "accepted");
  };
  Require(VerifyExactly(question, code) == rejection, "verifying is deterministic", input);
  if (!rejection.has_value()) return true;
  Require(rejection->offset_bytes <= code.bytes.size(), "a rejection points into the code", input);
  const auto parameters = static_cast<int>(question.signature.parameters().size());
  const bool names_argument = rejection->argument >= 0 && rejection->argument < parameters;
  Require(
      rejection->rule == VerifierRule::kWrongArgument ? names_argument : rejection->argument == -1,
      "a wrong argument is named, and nothing else is", input);
  Require(!rejection->ToString().empty(), "a rejection has a text", input);
  return false;
}

void CheckEdited(const Question& question, Bytes& input) {
  const absl::StatusOr<Trampoline> trampoline = Compile({question.signature, question.target});
  const Code original = {{trampoline->code.begin(), trampoline->code.end()},
                         trampoline->relocation.callee_offset_bytes,
                         trampoline->alignment_bytes};
  Code code = original;
  while (!input.empty()) Edit(code, input);
  const bool accepted = CheckVerdict(question, code);
  Require(accepted || !AreEqual(code, original), "what the compiler emits is accepted",
          [&] { return question.signature.ToString(); });
}

void CheckInput(Bytes input) {
  const uint8_t target = input.Take();
  const bool is_edited = input.Take() % 4 != 0;
  const bool is_known = target < kUnknownProfile;
  const Question question = {
      TakeSignature(input),
      target == kUnknownTarget ? static_cast<Target>(target)
                               : AllTargets()[target % AllTargets().size()].target,
      target == kUnknownProfile ? static_cast<CallerProfile>(target) : CallerProfile::kV8_10};
  if (is_known && is_edited) return CheckEdited(question, input);
  const bool accepted = CheckVerdict(question, TakeCode(input));
  Require(is_known || !accepted, "no code is proven for what is unknown",
          [] { return "an unknown target or profile"; });
}

}  // namespace
}  // namespace springboard

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  springboard::CheckInput(springboard::Bytes(data, size));
  return 0;
}
