#include "tests/conformance/abi_oracle.h"

namespace springboard {
namespace {

using Kind = Place::Kind;

bool IsFloat(NativeType type) { return type == NativeType::kF32 || type == NativeType::kF64; }

// psABI 3.2.3: six INTEGER and eight SSE registers, the rest in eightbytes above the return
// address.
std::vector<Place> SystemV(const std::vector<NativeType>& arguments) {
  const std::vector<uint32_t> integers = IntegerArgumentRegisters(Target::kX64SystemV);
  std::vector<Place> places;
  uint32_t next_integer = 0;
  uint32_t next_sse = 0;
  uint32_t stack = 8;
  for (const NativeType type : arguments) {
    if (IsFloat(type) && next_sse < 8) {
      places.push_back({Kind::kVector, next_sse++});
    } else if (!IsFloat(type) && next_integer < 6) {
      places.push_back({Kind::kGeneral, integers[next_integer++]});
    } else {
      places.push_back({Kind::kStack, stack});
      stack += 8;
    }
  }
  return places;
}

// Microsoft, "x64 calling convention": the first four by position, the rest above the return
// address and 32 bytes of shadow store.
std::vector<Place> WindowsX64(const std::vector<NativeType>& arguments) {
  const std::vector<uint32_t> integers = IntegerArgumentRegisters(Target::kX64Windows);
  std::vector<Place> places;
  for (uint32_t i = 0; i < arguments.size(); ++i) {
    if (i >= 4) {
      places.push_back({Kind::kStack, 8 + 32 + 8 * (i - 4)});
    } else if (IsFloat(arguments[i])) {
      places.push_back({Kind::kVector, i});
    } else {
      places.push_back({Kind::kGeneral, integers[i]});
    }
  }
  return places;
}

// AAPCS64 6.8.2, with the stack as 8-byte slots, or packed as Apple does.
std::vector<Place> Aapcs64(const std::vector<NativeType>& arguments, bool packed) {
  std::vector<Place> places;
  uint32_t ngrn = 0;
  uint32_t nsrn = 0;
  uint32_t nsaa = 0;
  for (const NativeType type : arguments) {
    if (IsFloat(type) && nsrn < 8) {
      places.push_back({Kind::kVector, nsrn++});
    } else if (!IsFloat(type) && ngrn < 8) {
      places.push_back({Kind::kGeneral, ngrn++});
    } else {
      const uint32_t size = packed ? Info(type).size_bytes : 8;
      while (nsaa % size != 0) ++nsaa;
      places.push_back({Kind::kStack, nsaa});
      nsaa += size;
    }
  }
  return places;
}

}  // namespace

std::vector<Place> PlacesFromV8(Target target, const std::vector<NativeType>& arguments) {
  if (target == Target::kX64SystemV) return SystemV(arguments);
  if (target == Target::kX64Windows) return WindowsX64(arguments);
  return Aapcs64(arguments, /*packed=*/false);
}

std::vector<Place> PlacesOfCallee(Target target, const std::vector<NativeType>& arguments) {
  if (target == Target::kX64SystemV) return SystemV(arguments);
  if (target == Target::kX64Windows) return WindowsX64(arguments);
  return Aapcs64(arguments, target == Target::kA64Apple);
}

bool CalleeReliesOnExtension(Target target) {
  return target == Target::kX64SystemV || target == Target::kA64Apple;
}

bool CalleeExtendsResult(Target target) { return target == Target::kA64Apple; }

uint32_t BytesRead(Target target, NativeType type) {
  const uint32_t size = Info(type).size_bytes;
  if (target == Target::kA64Apple || size >= 4) return size;
  return CalleeReliesOnExtension(target) ? 4 : size;
}

uint32_t BytesTaken(Target target, NativeType type) {
  return target == Target::kA64Apple ? Info(type).size_bytes : 8;
}

std::vector<uint32_t> SavedGeneral(Target target) {
  if (target == Target::kX64SystemV) return {3, 5, 12, 13, 14, 15};
  if (target == Target::kX64Windows) return {3, 5, 6, 7, 12, 13, 14, 15};
  if (target == Target::kA64Linux) return {19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29};
  // Apple and Windows reserve x18: nobody may touch it.
  return {18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29};
}

std::vector<uint32_t> SavedVector(Target target) {
  if (target == Target::kX64SystemV) return {};
  if (target == Target::kX64Windows) return {6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return {8, 9, 10, 11, 12, 13, 14, 15};
}

bool CalleeSavesWholeVectors(Target target) { return Info(target).isa == Isa::kX64; }

std::vector<uint32_t> IntegerArgumentRegisters(Target target) {
  if (target == Target::kX64SystemV) return {7, 6, 2, 1, 8, 9};
  if (target == Target::kX64Windows) return {1, 2, 8, 9};
  return {0, 1, 2, 3, 4, 5, 6, 7};
}

}  // namespace springboard
