#ifndef SPRINGBOARD_CLIENT_CODE_CHECK_H_
#define SPRINGBOARD_CLIENT_CODE_CHECK_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "client/verifier/verifier.h"
#include "compiler/signature.h"
#include "compiler/trampoline.h"

namespace springboard {

// Whether code must be proven before it is mapped. Turning it off means to trust whoever made the
// code with this process: who does logs it.
enum class Verification : uint8_t { kOn, kOff };

// What must hold before a trampoline of the signature may be mapped, whatever its source. Counts
// the outcome in ClientStatistics, once for each of the callees that it is mapped for. Errors:
//   INVALID_ARGUMENT     UNKNOWN_RELOCATION (relocation.kind); without verification also
//                        CALLEE_OFFSET_OUT_OF_RANGE (relocation.callee_offset) and MALFORMED_CODE
//                        (alignment)
//   FAILED_PRECONDITION  CODE_REJECTED (code): the verifier does not accept it; GetRejection() says
//                        why
absl::Status CheckCode(const Signature& signature, const Trampoline& trampoline,
                       Verification verification, uint64_t callees = 1);

// The broken rule in an error of CheckCode(), and of all that call it; nothing for others.
std::optional<Rejection> GetRejection(const absl::Status& status);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_CODE_CHECK_H_
