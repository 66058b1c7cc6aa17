#ifndef SPRINGBOARD_CLIENT_ARENA_DWARF_NUMBERS_H_
#define SPRINGBOARD_CLIENT_ARENA_DWARF_NUMBERS_H_

#include <array>
#include <cstdint>

#include "compiler/isa.h"

namespace springboard {

// How DWARF names what unwinding needs of an instruction set (System V AMD64 psABI, figure 3.36;
// DWARF for the Arm 64-bit Architecture, 4.1).
struct DwarfNumbers {
  uint8_t sp;
  uint8_t return_address;
  bool return_address_is_pushed;
  uint8_t code_alignment_bytes;

  // Of a general register's hardware number.
  uint8_t Of(uint8_t hardware) const {
    constexpr std::array<uint8_t, 8> kX64 = {0, 2, 1, 3, 7, 6, 4, 5};
    return return_address_is_pushed && hardware < kX64.size() ? kX64[hardware] : hardware;
  }
};

inline const DwarfNumbers& DwarfNumbersOf(Isa isa) {
  static constexpr DwarfNumbers kX64 = {7, 16, true, 1};
  static constexpr DwarfNumbers kA64 = {31, 30, false, 4};
  return isa == Isa::kX64 ? kX64 : kA64;
}

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_ARENA_DWARF_NUMBERS_H_
