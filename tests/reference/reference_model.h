#ifndef SPRINGBOARD_TESTS_REFERENCE_REFERENCE_MODEL_H_
#define SPRINGBOARD_TESTS_REFERENCE_REFERENCE_MODEL_H_

#include <cstdint>
#include <vector>

#include "compiler/signature.h"
#include "compiler/target.h"

namespace springboard {

// What deno_ffi 0.59.0 would have generated, defects included, to measure against.
struct ReferenceCode {
  // Does what its code did, with short displacements, and the callee's address in a relocation.
  std::vector<uint8_t> code;
  uint32_t callee_offset_bytes;
  // The length of its own code: 32-bit displacements, and on AArch64 an address of 48 bits, of
  // which no 16 are zero, built in a register.
  uint32_t length_bytes;
};

// For the three targets that it had: x86_64-sysv, x86_64-windows, aarch64-apple.
ReferenceCode CompileAsReference(const Signature& signature, Target target);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_REFERENCE_REFERENCE_MODEL_H_
