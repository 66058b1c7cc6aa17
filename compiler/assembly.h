#ifndef SPRINGBOARD_COMPILER_ASSEMBLY_H_
#define SPRINGBOARD_COMPILER_ASSEMBLY_H_

#include <asmjit/core.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "compiler/emitter.h"

namespace springboard {

// An asmjit assembler with its buffer, used again for one trampoline after another. What the
// two emitters share; thread-compatible.
template <typename Assembler>
class Assembly {
 public:
  explicit Assembly(asmjit::Arch arch) : environment_(arch) {}

  // Drops what was assembled before.
  Assembler& Begin() {
    holder_.reset(asmjit::ResetPolicy::kSoft);
    holder_.init(environment_);
    holder_.attach(&assembler_);
    return assembler_;
  }

  // The bytes since Begin(), if `error` is none.
  absl::StatusOr<EmittedCode> Finish(asmjit::Error error, uint32_t callee_offset_bytes) const {
    if (error != asmjit::kErrorOk) {
      return absl::InternalError(
          absl::StrCat("assembler: ", asmjit::DebugUtils::errorAsString(error)));
    }
    const asmjit::CodeBuffer& buffer = holder_.textSection()->buffer();
    return EmittedCode{CodeBytes(buffer.begin(), buffer.end()), callee_offset_bytes};
  }

 private:
  const asmjit::Environment environment_;
  asmjit::CodeHolder holder_;
  Assembler assembler_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_COMPILER_ASSEMBLY_H_
