#ifndef SPRINGBOARD_CLIENT_VERIFIER_VERIFIER_H_
#define SPRINGBOARD_CLIENT_VERIFIER_VERIFIER_H_

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "compiler/signature.h"
#include "compiler/target.h"

namespace springboard {

// What code breaks that is no trampoline of its signature. docs/security.md argues from these.
enum class VerifierRule : uint8_t {
  kUnknownTarget,       // The target or profile is none that is known here.
  kAlignment,           // No power of two, less than an instruction, or more than a page.
  kCalleeSlot,          // Not 8 zero bytes inside the code, where one instruction reads them.
  kUnknownInstruction,  // Bytes that are no instruction a trampoline may have.
  kUnaccountedBytes,    // Bytes that are never executed and are no callee's slot.
  kNoTransfer,          // The code ends before it reaches the callee, or before it returns; or
                        // it goes on for more than 64 KB.
  kSecondTransfer,      // A jump or call after the call.
  kNotTheCallee,        // A jump or call that does not go to the callee, or through a register
                        // that the platform does not allow.
  kStackPointer,        // sp moves where it must not, or is not that of the entry at the end.
  kStackAlignment,      // sp is no multiple of 16 where the callee is called.
  kOutgoingArea,        // The callee's stacked arguments or shadow space are not the trampoline's.
  kRead,                // Memory is read that belongs to others.
  kWrite,               // Memory is written that belongs to others.
  kSavedRegister,       // A register that belongs to the caller is not restored, or is written.
  kReturnAddress,       // The return does not go to the caller.
  kFrameRecord,         // AArch64: x29 does not point to a frame record during the call.
  kWrongArgument,       // An argument is not what and where the callee expects it.
  kReceiver,            // An integer argument register holds the receiver, or what may be it or a
                        // part of it, at the callee's entry.
  kWrongResult,         // The result is not what the caller expects.
  kOutArray,            // The result is not stored through the out array, or more than once.
};

// "WRONG_ARGUMENT". Stable.
absl::string_view Name(VerifierRule rule);

// The first rule that is broken.
struct Rejection {
  VerifierRule rule;
  uint32_t offset_bytes;  // Of the instruction in the code; its size for what is missing there.
  int argument = -1;      // Of the signature; only for kWrongArgument.

  // "WRONG_ARGUMENT at byte 12: argument 3 is not what and where the callee expects it"
  std::string ToString() const;
};

inline bool operator==(const Rejection& a, const Rejection& b) {
  return a.rule == b.rule && a.offset_bytes == b.offset_bytes && a.argument == b.argument;
}

inline std::ostream& operator<<(std::ostream& os, const Rejection& rejection) {
  return os << rejection.ToString();
}

// Where code is to be, and whom it is to call.
struct CodePlace {
  uint64_t address;
  uint64_t callee;
};

// Code as it came, with the callee's address not yet in it.
struct UnverifiedCode {
  absl::Span<const uint8_t> code;
  uint32_t callee_offset_bytes;
  uint32_t alignment_bytes;
  // If it is set, the code has no slot for the callee's address, and the offset above is of no
  // meaning: its call or jump is a direct one, which goes from this place to the callee.
  std::optional<CodePlace> place = std::nullopt;
};

// Proves that `code`, once 8 bytes at its callee's offset are the callee's address, or once it is
// in its place, does for calls of the profile on the target exactly what a trampoline of the
// signature does, and nothing else: docs/security.md says what that comprises. Nothing is returned
// if it holds, else what is broken.
//
// Needs no trust in where the code came from. Takes time linear in the code's size, up to 64 KB,
// and about a microsecond for most; does not allocate; takes less than 40 KB of stack. Thread-safe.
std::optional<Rejection> Verify(const Signature& signature, Target target, CallerProfile profile,
                                const UnverifiedCode& code);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_VERIFIER_VERIFIER_H_
