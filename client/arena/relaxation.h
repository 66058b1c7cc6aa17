#ifndef SPRINGBOARD_CLIENT_ARENA_RELAXATION_H_
#define SPRINGBOARD_CLIENT_ARENA_RELAXATION_H_

#include <cstdint>
#include <optional>

#include "client/verifier/verifier.h"
#include "compiler/target.h"
#include "compiler/trampoline.h"

namespace springboard {

// How far apart code and callee may be, in bytes, for a direct jump to reach from one to the other.
uint64_t DirectReachBytes(Target target);

// The code of `trampoline` as it may be in `place`, with a direct jump or call in place of the load
// of its callee's address and of the indirect one, as linkers relax what they link: 7 bytes less on
// x86-64 and 12 or 16 on AArch64, and nothing for the processor to predict but what is in the code.
// Nothing if the callee is out of reach, or if the code is no trampoline's. Whether the result is a
// trampoline is for the verifier to prove.
std::optional<CodeBytes> Relax(const Trampoline& trampoline, CodePlace place);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_ARENA_RELAXATION_H_
