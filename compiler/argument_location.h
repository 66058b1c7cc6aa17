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

// A register, or a byte offset from the first stacked argument of an area.
class Location {
 public:
  // General register 0.
  constexpr Location() = default;

  static constexpr Location InRegister(Register reg) {
    return Location(reg.register_class == RegisterClass::kGeneral ? Kind::kGeneral : Kind::kVector,
                    reg.number);
  }
  static constexpr Location OnStack(StackArea area, uint16_t offset_bytes) {
    return Location(area == StackArea::kIncoming ? Kind::kIncoming : Kind::kOutgoing, offset_bytes);
  }

  constexpr bool is_register() const { return kind_ == Kind::kGeneral || kind_ == Kind::kVector; }
  constexpr bool is_register(RegisterClass register_class) const {
    return kind_ == (register_class == RegisterClass::kGeneral ? Kind::kGeneral : Kind::kVector);
  }
  // Only for a register.
  constexpr Register reg() const {
    return {kind_ == Kind::kGeneral ? RegisterClass::kGeneral : RegisterClass::kVector,
            static_cast<uint8_t>(value_)};
  }
  // Only for a stack location.
  constexpr StackArea area() const {
    return kind_ == Kind::kIncoming ? StackArea::kIncoming : StackArea::kOutgoing;
  }
  constexpr uint16_t offset_bytes() const { return value_; }

  friend constexpr bool operator==(Location a, Location b) {
    return a.kind_ == b.kind_ && a.value_ == b.value_;
  }
  friend constexpr bool operator!=(Location a, Location b) { return !(a == b); }

 private:
  enum class Kind : uint8_t { kGeneral, kVector, kIncoming, kOutgoing };

  constexpr Location(Kind kind, uint16_t value) : kind_(kind), value_(value) {}

  Kind kind_ = Kind::kGeneral;
  uint16_t value_ = 0;
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
