#ifndef SPRINGBOARD_CLIENT_VERIFIER_INSTRUCTION_H_
#define SPRINGBOARD_CLIENT_VERIFIER_INSTRUCTION_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/types/span.h"
#include "client/verifier/abi.h"

// The instructions that a trampoline may consist of, with all that they do. Whatever a decoder does
// not know is no instruction: it cannot be misunderstood.

namespace springboard::verifier {

enum class Operation : uint8_t {
  kCopy,          // reg = the low `bytes` of source, zero above
  kExtend,        // reg = the low `bytes` of source, extended to 32 bits, zero above
  kClear,         // reg = 0
  kLoad,          // reg = `bytes` at base + displacement, zero above
  kLoadExtend,    // reg = `bytes` at base + displacement, extended to 32 bits, zero above
  kStore,         // `bytes` at base + displacement = the low ones of source
  kLoadPair,      // reg and second = 8 bytes each at sp + displacement
  kStorePair,     // `bytes` each at sp + displacement = the low ones of source and second
  kCopyVector,    // reg = source, at least the low 8 bytes
  kMoveStack,     // sp += displacement
  kPush,          // sp -= 8, then store source there
  kPushLoaded,    // load 8 bytes at base + displacement, then sp -= 8, then store them there
  kPop,           // load reg from sp, then sp += 8
  kPushRecord,    // sp += displacement (below zero), then store x29 and x30 there
  kPopRecord,     // load x29 and x30 from sp, then sp += displacement
  kStoreRecord,   // store x29 and x30 at sp + displacement
  kLoadRecord,    // load x29 and x30 from sp + displacement
  kStackAddress,  // reg = sp + displacement
  kLoadCallee,    // reg = the 8 bytes at the offset `displacement` of the code
  kCall,          // to the address in source
  kJump,          // to the address in source
  kDirectCall,    // to the end of the instruction + displacement
  kDirectJump,    // to the end of the instruction + displacement
  kReturn,        // to the address on top of the stack (x64), or in source
};

// As the base of an address: the stack pointer. Not a register's number.
inline constexpr RegisterId kStackBase = 0xFF;

struct Instruction {
  Operation operation = Operation::kCopy;
  uint8_t size_bytes = 0;  // Of its encoding.
  uint8_t bytes = 8;       // 1, 2, 4 or 8: of what is moved.
  bool is_signed = false;
  RegisterId reg = 0;
  RegisterId source = 0;
  RegisterId second = 0;
  RegisterId base = 0;
  int32_t displacement = 0;
};

// What a pair does first and then.
inline Instruction FirstOfPair(const Instruction& pair) {
  Instruction one = pair;
  one.operation = pair.operation == Operation::kLoadPair ? Operation::kLoad : Operation::kStore;
  one.base = kStackBase;
  return one;
}
inline Instruction SecondOfPair(const Instruction& pair) {
  Instruction one = FirstOfPair(pair);
  one.reg = one.source = pair.second;
  one.displacement += one.bytes;
  return one;
}

// The instruction at `offset`, which is below the code's size; nothing if its bytes are none that
// is allowed, or go beyond the end. The one encoding of each that the compiler uses, and those that
// differ from it in registers and offsets.
std::optional<Instruction> DecodeX64(absl::Span<const uint8_t> code, size_t offset);
std::optional<Instruction> DecodeA64(absl::Span<const uint8_t> code, size_t offset);

}  // namespace springboard::verifier

#endif  // SPRINGBOARD_CLIENT_VERIFIER_INSTRUCTION_H_
