#ifndef SPRINGBOARD_COMPILER_ISA_H_
#define SPRINGBOARD_COMPILER_ISA_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace springboard {

enum class Isa : uint8_t { kX64, kAArch64 };

enum class RegisterClass : uint8_t { kGeneral, kVector };

// A machine register by class and hardware number. Its width is that of the operation using it.
struct Register {
  RegisterClass register_class;
  uint8_t number;  // 0 to 31.

  // Among those of both classes: below kRegisterIndices.
  constexpr uint32_t index() const {
    return uint32_t{number} + 32 * static_cast<uint32_t>(register_class);
  }

  friend constexpr bool operator==(Register a, Register b) {
    return a.register_class == b.register_class && a.number == b.number;
  }
  friend constexpr bool operator!=(Register a, Register b) { return !(a == b); }
};

inline constexpr uint32_t kRegisterIndices = 64;

constexpr Register General(uint8_t number) { return {RegisterClass::kGeneral, number}; }
constexpr Register Vector(uint8_t number) { return {RegisterClass::kVector, number}; }

// What every convention of an instruction set has in common here.
struct IsaInfo {
  absl::string_view name;
  // What the call instruction puts on the stack.
  uint8_t return_address_bytes;
  // The frame pointer and link register that a frame keeps (AAPCS64 6.4.6); x64 keeps none.
  uint8_t frame_record_bytes;
  // Neither passes an argument nor is saved: holds what is copied from stack to stack, and
  // last the callee's address. On AArch64 x16: a bti c landing pad admits br x16.
  Register scratch;
  // Neither holds a result nor is saved: points to the out array's data after the call, unless a
  // register does that callees save.
  Register out_array;
  // Like scratch, for the value that breaks a cycle of moves.
  Register cycle_scratch;
  // Like scratch: what is copied from stack to stack is loaded into so many at once, so that
  // neighbours are loaded, and stored, by one instruction. None where there is no such instruction.
  uint8_t first_copy;
  uint8_t copies;
};

inline constexpr std::array<IsaInfo, 2> kIsas = {{
    {"x86_64", 8, 0, /*rax*/ General(0), /*rcx*/ General(1), /*r11*/ General(11), 0, 0},
    {"aarch64", 0, 16, /*x16*/ General(16), /*x9*/ General(9), /*x17*/ General(17),
     /*x9 to x16*/ 9, 8},
}};

constexpr const IsaInfo& Info(Isa isa) { return kIsas[static_cast<size_t>(isa)]; }

// The register's name at its full width: "rdi", "xmm0", "x0", "v0".
absl::string_view RegisterName(Isa isa, Register reg);

}  // namespace springboard

#endif  // SPRINGBOARD_COMPILER_ISA_H_
