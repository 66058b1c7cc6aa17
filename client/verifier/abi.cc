#include "client/verifier/abi.h"

#include <initializer_list>

namespace springboard::verifier {
namespace {

constexpr RegisterSet Set(std::initializer_list<int> numbers) {
  RegisterSet set = 0;
  for (const int number : numbers) set |= RegisterSet{1} << number;
  return set;
}

// System V AMD64 psABI 3.2, figure 3.4. rax 0, rcx 1, rdx 2, rbx 3, rsp 4, rbp 5, rsi 6, rdi 7.
constexpr Abi kSystemV = {
    /*is_x64=*/true,
    /*return_address_bytes=*/8,
    /*shadow_bytes=*/0,
    /*integer_arguments=*/Set({7, 6, 2, 1, 8, 9}),
    /*saved_general=*/Set({3, 5, 12, 13, 14, 15}),
    /*saved_vector=*/0,
    /*untouchable=*/0,
    /*integer_result=*/0,
    /*vector_result=*/kFirstVector,
    // Not in the psABI, but clang's functions rely on it.
    /*extends_arguments=*/Extender::kGiver,
    /*extends_results=*/Extender::kReceiver,
    /*packs_stack=*/false,
};

// Microsoft, "x64 calling convention" and "x64 ABI conventions: callee-saved registers".
constexpr Abi kWindowsX64 = {
    /*is_x64=*/true,
    /*return_address_bytes=*/8,
    /*shadow_bytes=*/32,
    /*integer_arguments=*/Set({1, 2, 8, 9}),
    /*saved_general=*/Set({3, 5, 6, 7, 12, 13, 14, 15}),
    /*saved_vector=*/Set({6, 7, 8, 9, 10, 11, 12, 13, 14, 15}),
    /*untouchable=*/0,
    /*integer_result=*/0,
    /*vector_result=*/kFirstVector,
    /*extends_arguments=*/Extender::kReceiver,
    /*extends_results=*/Extender::kReceiver,
    /*packs_stack=*/false,
};

// AAPCS64 (IHI 0055) 6.1.1 and 6.8.2. Of v8 to v15 a function keeps the low halves.
constexpr Abi kLinuxArm64 = {
    /*is_x64=*/false,
    /*return_address_bytes=*/0,
    /*shadow_bytes=*/0,
    /*integer_arguments=*/Set({0, 1, 2, 3, 4, 5, 6, 7}),
    /*saved_general=*/Set({19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30}),
    /*saved_vector=*/Set({8, 9, 10, 11, 12, 13, 14, 15}),
    /*untouchable=*/0,
    /*integer_result=*/0,
    /*vector_result=*/kFirstVector,
    /*extends_arguments=*/Extender::kReceiver,
    /*extends_results=*/Extender::kReceiver,
    /*packs_stack=*/false,
};

// Microsoft, "Overview of ARM64 ABI conventions": x18 is the system's.
constexpr Abi WindowsArm64() {
  Abi abi = kLinuxArm64;
  abi.untouchable = Set({18});
  return abi;
}

// Apple, "Writing ARM64 code for Apple platforms".
constexpr Abi AppleArm64() {
  Abi abi = kLinuxArm64;
  abi.untouchable = Set({18});
  abi.extends_arguments = Extender::kGiver;
  abi.extends_results = Extender::kGiver;
  abi.packs_stack = true;
  return abi;
}

constexpr Abi kWindowsArm64 = WindowsArm64();
constexpr Abi kAppleArm64 = AppleArm64();

// Hands out registers and stack.
class Placer {
 public:
  Placer(const Abi& abi, bool packs, Places& places) : abi_(abi), packs_(packs), places_(places) {
    places.count = 0;
  }

  void Add(Shape shape) {
    // Windows x64 counts both classes together.
    const bool counts_together = abi_.shadow_bytes > 0;
    uint32_t& used = counts_together || !shape.is_float ? integers_ : floats_;
    Place& place = places_.place[places_.count++];
    if (used < RegisterCount(shape)) {
      place = {true, shape.is_float ? static_cast<RegisterId>(kFirstVector + used) : Integer(used),
               0};
      ++used;
      return;
    }
    const uint32_t size = packs_ ? shape.bytes : 8;
    bytes_ = (bytes_ + size - 1) / size * size;
    place = {false, 0,
             static_cast<uint16_t>(abi_.return_address_bytes + abi_.shadow_bytes + bytes_)};
    bytes_ += size;
  }

  void Finish() { places_.stack_bytes = static_cast<uint16_t>((bytes_ + 7) / 8 * 8); }

 private:
  uint32_t RegisterCount(Shape shape) const {
    if (abi_.shadow_bytes > 0) return 4;
    return abi_.is_x64 && !shape.is_float ? 6 : 8;
  }

  RegisterId Integer(uint32_t position) const {
    constexpr std::array<RegisterId, 6> kSystemVOrder = {7, 6, 2, 1, 8, 9};
    constexpr std::array<RegisterId, 4> kWindowsOrder = {1, 2, 8, 9};
    if (!abi_.is_x64) return static_cast<RegisterId>(position);
    return abi_.shadow_bytes > 0 ? kWindowsOrder[position] : kSystemVOrder[position];
  }

  const Abi& abi_;
  const bool packs_;
  Places& places_;
  uint32_t integers_ = 0;
  uint32_t floats_ = 0;
  uint32_t bytes_ = 0;
};

}  // namespace

bool TakesOutArray(NativeType result) {
  const Shape shape = ShapeOf(result);
  return shape.bytes == 8 && !shape.is_float;
}

const Abi* AbiOf(Target target) {
  switch (target) {
    case Target::kX64SystemV:
      return &kSystemV;
    case Target::kX64Windows:
      return &kWindowsX64;
    case Target::kA64Apple:
      return &kAppleArm64;
    case Target::kA64Linux:
      return &kLinuxArm64;
    case Target::kA64Windows:
      return &kWindowsArm64;
  }
  return nullptr;
}

void PlaceV8Arguments(const Abi& abi, const Signature& signature, Places& places) {
  Placer placer(abi, /*packs=*/false, places);
  placer.Add({8, false, false});
  for (const NativeType type : signature.parameters()) placer.Add(ShapeOf(type));
  if (TakesOutArray(signature.result())) placer.Add({8, false, false});
  placer.Finish();
}

void PlaceCArguments(const Abi& abi, const Signature& signature, Places& places) {
  Placer placer(abi, abi.packs_stack, places);
  for (const NativeType type : signature.parameters()) placer.Add(ShapeOf(type));
  placer.Finish();
}

}  // namespace springboard::verifier
