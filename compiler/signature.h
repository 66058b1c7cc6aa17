#ifndef SPRINGBOARD_COMPILER_SIGNATURE_H_
#define SPRINGBOARD_COMPILER_SIGNATURE_H_

#include <cstddef>
#include <ostream>
#include <string>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "compiler/native_type.h"

namespace springboard {

// What is asked of a signature beyond its types.
struct SignatureOptions {
  // The callee may call back into JavaScript: such a symbol has no fast call.
  bool can_callback = false;
  // At most Signature::kMaxParameters; a server may allow fewer.
  size_t max_parameters = 256;
};

// The types of a native function: its parameters in order, and its result. Valid by creation;
// copyable; compares by value. Thread-compatible.
class Signature {
 public:
  // Keeps every frame below one page of 4096 bytes, so that no target needs a stack probe
  // (Windows x64, "x64 stack usage"), and every stack offset inside AArch64's immediates.
  static constexpr size_t kMaxParameters = 256;

  // Errors, each with its reason and field:
  //   INVALID_ARGUMENT  VOID_PARAMETER (parameters[i]), TOO_MANY_PARAMETERS (parameters),
  //                     CAN_CALLBACK (can_callback)
  static absl::StatusOr<Signature> Create(absl::Span<const NativeType> parameters,
                                          NativeType result, const SignatureOptions& options = {});

  // Reads the text form, RESULT(PARAMETER,...), as ToString() writes it: "u64(u8,i16,buffer)".
  // Spaces around names are allowed. Errors: those of Create(), and INVALID_ARGUMENT with
  // UNKNOWN_TYPE (parameters[i] or result) or MALFORMED_SIGNATURE.
  static absl::StatusOr<Signature> Parse(absl::string_view text,
                                         const SignatureOptions& options = {});

  absl::Span<const NativeType> parameters() const { return parameters_; }
  NativeType result() const { return result_; }

  std::string ToString() const;

  friend bool operator==(const Signature& a, const Signature& b) {
    return a.result_ == b.result_ && a.parameters_ == b.parameters_;
  }
  friend bool operator!=(const Signature& a, const Signature& b) { return !(a == b); }

 private:
  Signature(absl::Span<const NativeType> parameters, NativeType result)
      : parameters_(parameters.begin(), parameters.end()), result_(result) {}

  absl::InlinedVector<NativeType, 31> parameters_;
  NativeType result_;
};

std::ostream& operator<<(std::ostream& os, const Signature& signature);

// The error of a signature with more parameters than `limit`.
absl::Status TooManyParameters(size_t limit, size_t received);

}  // namespace springboard

#endif  // SPRINGBOARD_COMPILER_SIGNATURE_H_
