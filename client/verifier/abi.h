#ifndef SPRINGBOARD_CLIENT_VERIFIER_ABI_H_
#define SPRINGBOARD_CLIENT_VERIFIER_ABI_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "compiler/native_type.h"
#include "compiler/signature.h"
#include "compiler/target.h"

// What the verifier knows of calling conventions, worked out from their documents a second time:
// nothing here is shared with the compiler but the names of types and targets, so that a mistake
// there cannot vouch for itself.

namespace springboard::verifier {

// A machine register by hardware number, the general ones from 0 and the vector ones from 32.
using RegisterId = uint8_t;

inline constexpr RegisterId kFirstVector = 32;
inline constexpr size_t kRegisters = 64;

inline constexpr RegisterId kRsp = 4;
inline constexpr RegisterId kFramePointer = 29;  // AArch64
inline constexpr RegisterId kLinkRegister = 30;  // AArch64

// A set of general or of vector registers: bit n stands for the n-th of its class.
using RegisterSet = uint32_t;

inline constexpr size_t kMaxArguments = Signature::kMaxParameters + 2;

// What a type is to a calling convention.
struct Shape {
  uint8_t bytes;  // 0 for void
  bool is_float;
  bool is_signed;

  bool is_narrow() const { return !is_float && bytes > 0 && bytes < 4; }
};

constexpr Shape ShapeOf(NativeType type) {
  switch (type) {
    case NativeType::kVoid:
      return {0, false, false};
    case NativeType::kBool:
    case NativeType::kU8:
      return {1, false, false};
    case NativeType::kI8:
      return {1, false, true};
    case NativeType::kU16:
      return {2, false, false};
    case NativeType::kI16:
      return {2, false, true};
    case NativeType::kU32:
      return {4, false, false};
    case NativeType::kI32:
      return {4, false, true};
    case NativeType::kF32:
      return {4, true, true};
    case NativeType::kF64:
      return {8, true, true};
    case NativeType::kI64:
    case NativeType::kIsize:
      return {8, false, true};
    case NativeType::kU64:
    case NativeType::kUsize:
    case NativeType::kPointer:
    case NativeType::kBuffer:
    case NativeType::kFunction:
      return {8, false, false};
  }
  return {8, false, false};
}

// True if V8 gets a result of the type through an out array: 8 bytes that are no double.
bool TakesOutArray(NativeType result);

// Where an argument is at a function's first instruction.
struct Place {
  bool is_register;
  RegisterId reg;
  // From sp at the first instruction, in bytes; above x64's return address.
  uint16_t stack_offset;
};

// Who extends a narrow integer to 32 bits.
enum class Extender : uint8_t { kGiver, kReceiver };

// One platform's conventions: V8's call, and a C function's.
struct Abi {
  bool is_x64;
  // Between sp at the first instruction and the stacked arguments.
  uint8_t return_address_bytes;
  uint8_t shadow_bytes;
  RegisterSet integer_arguments;
  RegisterSet saved_general;  // Which a function leaves as they were; sp is not among them.
  RegisterSet saved_vector;
  RegisterSet untouchable;  // General registers that belong to the system.
  RegisterId integer_result;
  RegisterId vector_result;
  // Of arguments in registers and in 8-byte slots.
  Extender extends_arguments;
  Extender extends_results;
  bool packs_stack;  // A stacked argument of a C function takes its size, not 8 bytes.
};

// Null for a value that is no target.
const Abi* AbiOf(Target target);

// Of a call, argument by argument.
struct Places {
  std::array<Place, kMaxArguments> place;  // Only the first `count` are set.
  size_t count = 0;
  uint16_t stack_bytes = 0;  // Of the stacked arguments, in whole 8-byte words.
};

// Where V8 puts the receiver, the parameters and the out array (V8 src/compiler/c-linkage.cc).
void PlaceV8Arguments(const Abi& abi, const Signature& signature, Places& places);

// Where a C function of the signature looks for its arguments.
void PlaceCArguments(const Abi& abi, const Signature& signature, Places& places);

// The bytes of a typed array's struct in which V8, profile v8-10, has the data pointer.
inline constexpr int32_t kArrayDataOffset = 8;

}  // namespace springboard::verifier

#endif  // SPRINGBOARD_CLIENT_VERIFIER_ABI_H_
