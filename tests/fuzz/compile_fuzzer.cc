// Compiles any signature: byte 0 picks the target, byte 1 the profile, byte 2 the result, and each
// of the next 256 bytes a parameter.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "compiler/compile.h"
#include "compiler/fast_api.h"
#include "compiler/native_type.h"
#include "compiler/signature.h"
#include "tests/fuzz/property.h"

namespace springboard {
namespace {

constexpr size_t kHeaderBytes = 3;
constexpr size_t kAddressBytes = 8;
// Of one argument: what it takes at most from stack to stack on x64, and what is not its own.
constexpr size_t kMaxArgumentBytes = 20;
constexpr size_t kMaxOtherBytes = 100;
// "Below one page of 4096 bytes, so that no target needs a stack probe".
constexpr uint32_t kPageBytes = 4096;

CompileRequest MakeRequest(absl::Span<const uint8_t> bytes) {
  const auto byte = [&](size_t index) { return index < bytes.size() ? bytes[index] : 0u; };
  std::vector<NativeType> parameters;
  const size_t end = std::min(bytes.size(), kHeaderBytes + Signature::kMaxParameters);
  for (size_t i = kHeaderBytes; i < end; ++i) {
    parameters.push_back(static_cast<NativeType>(1 + bytes[i] % (kNativeTypes.size() - 1)));
  }
  const auto result = static_cast<NativeType>(byte(2) % kNativeTypes.size());
  // Valid by construction: no parameter is void and there are at most 256.
  return {*Signature::Create(parameters, result),
          AllTargets()[byte(0) % AllTargets().size()].target,
          AllCallerProfiles()[byte(1) % AllCallerProfiles().size()].profile};
}

// Whether the trampoline must do something to the result after the call.
bool ChangesResult(const CompileRequest& request) {
  const NativeType result = request.signature.result();
  const bool extends = Info(request.target).callee->narrow_results == NarrowIntegers::kGarbage;
  return NeedsOutArray(result) ||
         (extends && Info(result).is_narrow() && result != NativeType::kBool);
}

template <typename Input>
void CheckCode(const CompileRequest& request, const Trampoline& trampoline, const Input& input) {
  const CodeBytes& code = trampoline.code;
  const size_t callee = trampoline.relocation.callee_offset_bytes;
  Require(code.size() >= kAddressBytes && callee <= code.size() - kAddressBytes,
          "the callee's 8 bytes lie in the code", input);
  Require(std::all_of(code.begin() + callee, code.begin() + callee + kAddressBytes,
                      [](uint8_t byte) { return byte == 0; }),
          "the callee's 8 bytes are zero", input);
  Require(code.size() <= kMaxOtherBytes + kMaxArgumentBytes * request.signature.parameters().size(),
          "the code's length is bounded by the number of parameters", input);
  const uint32_t alignment = trampoline.alignment_bytes;
  Require(alignment > 0 && (alignment & (alignment - 1)) == 0, "an alignment is a power of two",
          input);
  if (Info(request.target).isa == Isa::kAArch64) {
    Require(callee % 4 == 0 && callee + kAddressBytes == code.size(),
            "AArch64: whole instructions, and the callee's literal behind them", input);
  }
}

template <typename Input>
void CheckFrame(const CompileRequest& request, const Trampoline& trampoline, const Input& input) {
  const uint32_t frame_bytes = trampoline.frame_bytes;
  Require(trampoline.is_tail_call == !ChangesResult(request),
          "a tail call wherever nothing happens to the result", input);
  Require(trampoline.is_tail_call == (frame_bytes == 0), "a tail call alone has no frame", input);
  Require(frame_bytes < kPageBytes, "a frame is below one page", input);
  const uint32_t return_address_bytes = Info(Info(request.target).isa).return_address_bytes;
  Require(frame_bytes == 0 || (frame_bytes + return_address_bytes) % 16 == 0,
          "sp is a multiple of 16 at the call", input);
}

void CheckRequest(const CompileRequest& request) {
  const auto input = [&] {
    return absl::StrCat("springboard compile --target=", Info(request.target).name,
                        " --profile=", Info(request.profile).name, " --signature='",
                        request.signature.ToString(), "' --format=asm");
  };
  const absl::StatusOr<Trampoline> trampoline = Compile(request);
  Require(trampoline.ok(), "every valid signature compiles",
          [&] { return absl::StrCat(trampoline.status().ToString(), "\n", input()); });
  Require(trampoline->target == request.target && trampoline->profile == request.profile &&
              trampoline->codegen_version == kCodegenVersion,
          "a trampoline says what it is for", input);
  CheckCode(request, *trampoline, input);
  CheckFrame(request, *trampoline, input);
  const absl::StatusOr<Trampoline> again = Compile(request);
  Require(again.ok() && *again == *trampoline, "compiling is deterministic", input);
}

}  // namespace
}  // namespace springboard

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  springboard::CheckRequest(springboard::MakeRequest({data, size}));
  return 0;
}
