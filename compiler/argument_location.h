#ifndef SPRINGBOARD_COMPILER_ARGUMENT_LOCATION_H_
#define SPRINGBOARD_COMPILER_ARGUMENT_LOCATION_H_

#include <cstdint>

#include "compiler/isa.h"
#include "compiler/native_type.h"

namespace springboard {

// The two stacked-argument areas that a trampoline touches. In a tail call they are one.
enum class StackArea : uint8_t {
  kIncoming,  // What the trampoline's caller pushed.
  kOutgoing,  // What the trampoline pushes for its callee.
};

// A register, or a byte offset from the first stacked argument of an area. One number, so that it
// is stored, loaded and compared as one.
class Location {
 public:
  // General register 0.
  constexpr Location() = default;

  static constexpr Location InRegister(Register reg) {
    return Location(static_cast<uint16_t>(reg.register_class), reg.number);
  }
  // `offset_bytes` is at most kMaxOffsetBytes.
  static constexpr Location OnStack(StackArea area, uint16_t offset_bytes) {
    return Location(kFirstArea + static_cast<uint16_t>(area), offset_bytes);
  }

  static constexpr uint16_t kMaxOffsetBytes = 0x3FFF;

  constexpr bool is_register() const { return kind() < kFirstArea; }
  constexpr bool is_register(RegisterClass register_class) const {
    return kind() == static_cast<uint16_t>(register_class);
  }
  // Only for a register.
  constexpr Register reg() const {
    return {static_cast<RegisterClass>(kind()), static_cast<uint8_t>(value())};
  }
  // Only for a stack location.
  constexpr StackArea area() const { return static_cast<StackArea>(kind() - kFirstArea); }
  constexpr uint16_t offset_bytes() const { return value(); }

  friend constexpr bool operator==(Location a, Location b) { return a.bits_ == b.bits_; }
  friend constexpr bool operator!=(Location a, Location b) { return !(a == b); }

 private:
  // The register classes, then the areas.
  static constexpr uint16_t kFirstArea = 2;
  static constexpr int kKindShift = 14;

  constexpr Location(int kind, uint16_t value)
      : bits_(static_cast<uint16_t>(kind << kKindShift | value)) {}

  constexpr uint16_t kind() const { return bits_ >> kKindShift; }
  constexpr uint16_t value() const { return bits_ & kMaxOffsetBytes; }

  uint16_t bits_ = 0;
};

// Where one argument travels.
struct ArgumentLocation {
  Location location;
  NativeType type;
  // How many bytes at the location belong to the argument: its size, or 4 where a narrow integer
  // travels in 32 bits.
  uint8_t container_bytes;
  // Where the container is wider than the type: whether its upper bits extend the value by
  // signedness; else they are garbage.
  bool is_extended;
};

}  // namespace springboard

#endif  // SPRINGBOARD_COMPILER_ARGUMENT_LOCATION_H_
