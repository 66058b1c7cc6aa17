#include "compiler/calling_convention.h"

#include <limits>

namespace springboard {
namespace {

// Hardware numbers of the x64 registers: rcx 1, rdx 2, rbx 3, rbp 5, rsi 6, rdi 7.
constexpr RegisterList kSystemVIntegers = {General(7), General(6), General(2),
                                           General(1), General(8), General(9)};
constexpr RegisterList kWindowsIntegers = {General(1), General(2), General(8), General(9)};
constexpr RegisterList kA64Integers = {General(0), General(1), General(2), General(3),
                                       General(4), General(5), General(6), General(7)};
constexpr RegisterList kFourVectors = {Vector(0), Vector(1), Vector(2), Vector(3)};
constexpr RegisterList kEightVectors = {Vector(0), Vector(1), Vector(2), Vector(3),
                                        Vector(4), Vector(5), Vector(6), Vector(7)};

constexpr Register kRax = General(0);
constexpr Register kX0 = General(0);

constexpr uint32_t Bits(std::initializer_list<int> numbers) {
  uint32_t bits = 0;
  for (const int number : numbers) bits |= uint32_t{1} << number;
  return bits;
}

// psABI 3.2.1: rbx, rbp, r12 to r15.
constexpr uint32_t kSystemVSaved = Bits({3, 5, 12, 13, 14, 15});
// "Callee-saved registers": rbx, rbp, rdi, rsi, r12 to r15 and xmm6 to xmm15.
constexpr uint32_t kWindowsSaved = Bits({3, 5, 6, 7, 12, 13, 14, 15});
constexpr uint32_t kWindowsSavedVector = Bits({6, 7, 8, 9, 10, 11, 12, 13, 14, 15});
// AAPCS64 6.1.1 and 6.1.2: x19 to x30, and the low halves of v8 to v15.
constexpr uint32_t kA64Saved = Bits({19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30});
constexpr uint32_t kA64SavedVector = Bits({8, 9, 10, 11, 12, 13, 14, 15});

constexpr uint16_t kUnlimited = std::numeric_limits<uint16_t>::max();
// Pushes are part of the prologue, which has at most 255 bytes ("x64 exception handling",
// UNWIND_INFO): so many are left by padding and shadow space.
constexpr uint16_t kMaxPushesBytesOnWindows = 240;

constexpr CallingConvention MakeSystemV(absl::string_view name, NarrowIntegers narrow_arguments) {
  return {name,
          Isa::kX64,
          kSystemVIntegers,
          kEightVectors,
          RegisterCounting::kPerClass,
          StackSlots::kEightBytes,
          /*shadow_bytes=*/0,
          narrow_arguments,
          /*narrow_results=*/NarrowIntegers::kGarbage,
          kRax,
          /*vector_cycle_scratch=*//*xmm9*/ Vector(9),
          kSystemVSaved,
          /*saved_vector=*/0,
          OutArrayKeeper::kPushed,
          /*preserved=*/{},
          /*max_pushes_bytes=*/kUnlimited};
}

constexpr CallingConvention MakeWindowsX64(absl::string_view name) {
  return {name, Isa::kX64, kWindowsIntegers, kFourVectors, RegisterCounting::kPositional,
          StackSlots::kEightBytes,
          /*shadow_bytes=*/32,
          /*narrow_arguments=*/NarrowIntegers::kGarbage,
          /*narrow_results=*/NarrowIntegers::kGarbage, kRax,
          /*vector_cycle_scratch=*//*xmm5*/ Vector(5), kWindowsSaved, kWindowsSavedVector,
          // "Prolog and epilog": unwinders know an epilogue by its instructions.
          OutArrayKeeper::kCalleeRegister,
          /*preserved=*//*rbx*/ General(3), kMaxPushesBytesOnWindows};
}

constexpr CallingConvention MakeA64(absl::string_view name, StackSlots stack_slots,
                                    NarrowIntegers narrow) {
  return {name,
          Isa::kAArch64,
          kA64Integers,
          kEightVectors,
          RegisterCounting::kPerClass,
          stack_slots,
          /*shadow_bytes=*/0,
          /*narrow_arguments=*/narrow,
          /*narrow_results=*/narrow,
          kX0,
          /*vector_cycle_scratch=*/Vector(17),
          kA64Saved,
          kA64SavedVector,
          OutArrayKeeper::kFrame,
          /*preserved=*/{},
          /*max_pushes_bytes=*/0};
}

}  // namespace

constexpr CallingConvention kV8SystemV = MakeSystemV("v8-sysv", NarrowIntegers::kGarbage);
constexpr CallingConvention kV8Windows = MakeWindowsX64("v8-windows");
constexpr CallingConvention kV8Aapcs64 =
    MakeA64("v8-aapcs64", StackSlots::kEightBytes, NarrowIntegers::kGarbage);

// The psABI does not promise extended narrow arguments, but clang's callees rely on it.
constexpr CallingConvention kSystemV = MakeSystemV("sysv", NarrowIntegers::kExtended);
constexpr CallingConvention kWindowsX64 = MakeWindowsX64("windows-x64");
constexpr CallingConvention kApple =
    MakeA64("apple", StackSlots::kNatural, NarrowIntegers::kExtended);
constexpr CallingConvention kAapcs64 =
    MakeA64("aapcs64", StackSlots::kEightBytes, NarrowIntegers::kGarbage);
constexpr CallingConvention kWindowsArm64 =
    MakeA64("windows-arm64", StackSlots::kEightBytes, NarrowIntegers::kGarbage);

}  // namespace springboard
