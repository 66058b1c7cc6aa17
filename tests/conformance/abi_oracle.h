#ifndef SPRINGBOARD_TESTS_CONFORMANCE_ABI_ORACLE_H_
#define SPRINGBOARD_TESTS_CONFORMANCE_ABI_ORACLE_H_

#include <cstdint>
#include <vector>

#include "compiler/native_type.h"
#include "compiler/target.h"

// Where arguments travel, worked out from the ABIs' documents a second time, argument by argument
// and without the compiler's tables, to hold the compiler against.

namespace springboard {

struct Place {
  enum class Kind { kGeneral, kVector, kStack };
  Kind kind;
  // A register's hardware number, or a byte offset from sp at the callee's first instruction.
  uint32_t value;
};

// Of the arguments of V8's call, receiver and out array included.
std::vector<Place> PlacesFromV8(Target target, const std::vector<NativeType>& arguments);

// Of the arguments that a C function expects.
std::vector<Place> PlacesOfCallee(Target target, const std::vector<NativeType>& arguments);

// True where callees rely on 8- and 16-bit arguments being extended to 32 bits, in registers and
// in slots of 8 bytes.
bool CalleeReliesOnExtension(Target target);

// True where callees extend 8- and 16-bit results to 32 bits.
bool CalleeExtendsResult(Target target);

// Bytes of a stacked argument of `type` that its callee may read.
uint32_t BytesRead(Target target, NativeType type);

// Bytes of the stack that belong to the argument, and so to its callee.
uint32_t BytesTaken(Target target, NativeType type);

// Hardware numbers of the registers that a callee must keep. AArch64's link register is none: the
// call itself changes it.
std::vector<uint32_t> SavedGeneral(Target target);
std::vector<uint32_t> SavedVector(Target target);

// False where a callee keeps the low 8 bytes of those vector registers only (AAPCS64 6.1.2).
bool CalleeSavesWholeVectors(Target target);

// Hardware numbers of the integer argument registers.
std::vector<uint32_t> IntegerArgumentRegisters(Target target);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CONFORMANCE_ABI_ORACLE_H_
