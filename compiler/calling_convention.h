#ifndef SPRINGBOARD_COMPILER_CALLING_CONVENTION_H_
#define SPRINGBOARD_COMPILER_CALLING_CONVENTION_H_

#include <array>
#include <cstdint>
#include <initializer_list>

#include "absl/strings/string_view.h"
#include "compiler/isa.h"

namespace springboard {

// Up to eight registers, in the order in which arguments take them.
class RegisterList {
 public:
  constexpr RegisterList(std::initializer_list<Register> registers) {
    for (const Register reg : registers) registers_[size_++] = reg;
  }
  constexpr uint8_t size() const { return size_; }
  constexpr Register operator[](uint8_t index) const { return registers_[index]; }
  constexpr const Register* begin() const { return registers_.data(); }
  constexpr const Register* end() const { return registers_.data() + size_; }

 private:
  std::array<Register, 8> registers_ = {};
  uint8_t size_ = 0;
};

// How an argument's position picks its register.
enum class RegisterCounting : uint8_t {
  kPerClass,    // Integers and floats are counted separately.
  kPositional,  // The n-th argument takes the n-th register of its class.
};

// What an argument takes of the stack.
enum class StackSlots : uint8_t {
  kEightBytes,  // A slot of 8 bytes each; narrow integers are promoted to 32 bits.
  kNatural,     // Its own size at its own alignment.
};

// What the bits between a narrow integer's width and 32 are when it is passed or returned.
enum class NarrowIntegers : uint8_t {
  kGarbage,   // The receiving side extends.
  kExtended,  // The giving side extends to 32 bits by signedness.
};

// What keeps the out array across a call, if V8 passed it in a register.
enum class OutArrayKeeper : uint8_t {
  kFrame,           // A word of the frame, loaded before the result is stored.
  kPushed,          // The word that the frame begins with, popped when all else is dropped.
  kCalleeRegister,  // CallingConvention::preserved: nothing may come between pops and return.
};

// A calling convention as constants: one allocator turns any row and any signature into
// locations. A difference between ABIs is a field here, never a branch elsewhere.
struct CallingConvention {
  absl::string_view name;
  Isa isa;
  RegisterList integer_arguments;
  RegisterList vector_arguments;
  RegisterCounting counting;
  StackSlots stack_slots;
  // Space that belongs to the callee between the return address and the stacked arguments.
  uint8_t shadow_bytes;
  // Arguments that travel in 32 bits: registers, and stack slots of 8 bytes.
  NarrowIntegers narrow_arguments;
  NarrowIntegers narrow_results;
  Register integer_result;
  // Holds the float that breaks a cycle of moves.
  Register vector_cycle_scratch;
  // Bit n stands for register n.
  uint32_t saved_general;
  uint32_t saved_vector;
  OutArrayKeeper out_array_keeper;
  Register preserved;  // Of kCalleeRegister: which callees save.
  // Stacked arguments are pushed one by one if all pushes together have at most so many bytes of
  // code; else they are copied, behind the prologue. 0: there is no push.
  uint16_t max_pushes_bytes;

  bool has_push() const { return max_pushes_bytes > 0; }
};

// What V8's fast calls pass, profile v8-10 (V8 src/compiler/c-linkage.cc): the platform's
// registers, but a slot of 8 bytes for each stacked argument and garbage above narrow values.
extern const CallingConvention kV8SystemV;
extern const CallingConvention kV8Windows;
extern const CallingConvention kV8Aapcs64;

// What C functions expect.
extern const CallingConvention kSystemV;       // System V AMD64 psABI 3.2
extern const CallingConvention kWindowsX64;    // Microsoft "x64 calling convention"
extern const CallingConvention kApple;         // Apple "Writing ARM64 code for Apple platforms"
extern const CallingConvention kAapcs64;       // AAPCS64 (IHI 0055) 6.4 to 6.9
extern const CallingConvention kWindowsArm64;  // Microsoft "Overview of ARM64 ABI conventions"

}  // namespace springboard

#endif  // SPRINGBOARD_COMPILER_CALLING_CONVENTION_H_
