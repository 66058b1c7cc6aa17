#ifndef SPRINGBOARD_CLIENT_BOUND_TRAMPOLINE_H_
#define SPRINGBOARD_CLIENT_BOUND_TRAMPOLINE_H_

#include <utility>

#include "absl/status/statusor.h"
#include "client/code_check.h"
#include "client/mapping/code_mapping.h"
#include "compiler/signature.h"
#include "compiler/trampoline.h"

namespace springboard {

// A trampoline that can be called: proven, relocated to its callee and mapped executable. Owns its
// mapping, which ends with it; the callee must outlive it. Move-only. Thread-compatible; the code
// may be called from any thread.
class BoundTrampoline {
 public:
  // Maps `trampoline` so that it calls `callee`, a function of `signature`. The code is proven
  // first, whatever its source: it need not be trusted. On an error nothing is mapped:
  //   FAILED_PRECONDITION  WRONG_TARGET (target): it is for another target than this process;
  //                        CODE_REJECTED (code): it is not proven, GetRejection() says why
  //   INVALID_ARGUMENT     CALLEE_OFFSET_OUT_OF_RANGE (relocation.callee_offset),
  //                        UNKNOWN_RELOCATION (relocation.kind)
  //   UNAVAILABLE          MAPPING_REFUSED: the system refuses; the message says what
  static absl::StatusOr<BoundTrampoline> Bind(const Signature& signature,
                                              const Trampoline& trampoline, const void* callee,
                                              Verification verification = Verification::kOn);

  // The trampoline's entry point: the address to give to v8::CFunction.
  const void* entry() const { return mapping_.entry(); }

  // The entry as a function pointer of the type through which V8 calls it: the receiver, the
  // parameters as V8 passes them, and the out array if there is one.
  template <typename Function>
  Function* As() const {
    return reinterpret_cast<Function*>(reinterpret_cast<uintptr_t>(entry()));
  }

 private:
  explicit BoundTrampoline(CodeMapping mapping) : mapping_(std::move(mapping)) {}

  CodeMapping mapping_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_BOUND_TRAMPOLINE_H_
