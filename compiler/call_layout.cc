#include "compiler/call_layout.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "compiler/fast_api.h"

namespace springboard {
namespace {

constexpr uint32_t kEightBytes = 8;
constexpr uint8_t kPromotedBytes = 4;

// Hands out registers and stack space of one convention, argument by argument.
class Allocator {
 public:
  Allocator(const CallingConvention& convention, StackArea area, CallLayout& layout)
      : convention_(convention), area_(area), layout_(layout) {
    layout_.convention = &convention;
    layout_.arguments.clear();
    layout_.stack_bytes = 0;
  }

  void Add(NativeType type) {
    const bool is_float = Info(type).type_class == TypeClass::kFloat;
    const RegisterList& registers =
        is_float ? convention_.vector_arguments : convention_.integer_arguments;
    const bool own_count = is_float && convention_.counting == RegisterCounting::kPerClass;
    uint16_t& taken = own_count ? vectors_taken_ : integers_taken_;
    layout_.arguments.push_back(taken < registers.size()
                                    ? InRegister(registers[static_cast<uint8_t>(taken++)], type)
                                    : OnStack(type));
  }

 private:
  ArgumentLocation InRegister(Register reg, NativeType type) const {
    return {Location::InRegister(reg), type, PromotedBytes(type), IsExtended()};
  }

  ArgumentLocation OnStack(NativeType type) {
    const bool natural = convention_.stack_slots == StackSlots::kNatural;
    const uint32_t size = Info(type).size_bytes;
    const uint32_t slot = natural ? size : kEightBytes;  // A power of two.
    const uint32_t offset = (layout_.stack_bytes + slot - 1) & ~(slot - 1);
    layout_.stack_bytes = offset + slot;
    const Location location = Location::OnStack(area_, static_cast<uint16_t>(offset));
    return {location, type, natural ? static_cast<uint8_t>(size) : PromotedBytes(type),
            IsExtended()};
  }

  static uint8_t PromotedBytes(NativeType type) {
    return std::max(Info(type).size_bytes, kPromotedBytes);
  }

  bool IsExtended() const { return convention_.narrow_arguments == NarrowIntegers::kExtended; }

  const CallingConvention& convention_;
  const StackArea area_;
  CallLayout& layout_;
  uint16_t integers_taken_ = 0;  // Of both classes where counting is positional.
  uint16_t vectors_taken_ = 0;
};

}  // namespace

CallLayout LayOutCaller(const Signature& signature, const CallingConvention& convention,
                        CallLayout memory) {
  Allocator allocator(convention, StackArea::kIncoming, memory);
  allocator.Add(NativeType::kPointer);
  for (const NativeType type : signature.parameters()) allocator.Add(type);
  if (NeedsOutArray(signature.result())) allocator.Add(NativeType::kBuffer);
  return memory;
}

CallLayout LayOutCallee(const Signature& signature, const CallingConvention& convention,
                        CallLayout memory) {
  Allocator allocator(convention, StackArea::kOutgoing, memory);
  for (const NativeType type : signature.parameters()) allocator.Add(type);
  return memory;
}

std::string ToString(Isa isa, Location location) {
  if (location.is_register()) return std::string(RegisterName(isa, location.reg()));
  return absl::StrCat(location.area() == StackArea::kIncoming ? "incoming+" : "outgoing+",
                      location.offset_bytes());
}

std::string CallLayout::ToString() const {
  std::string text = absl::StrCat(convention->name, ", ", stack_bytes, " stack bytes\n");
  for (const ArgumentLocation& argument : arguments) {
    const NativeTypeInfo& type = Info(argument.type);
    absl::StrAppend(&text, "  ", type.name, " in ",
                    springboard::ToString(convention->isa, argument.location));
    if (argument.container_bytes > type.size_bytes) {
      absl::StrAppend(&text, " as ", argument.container_bytes * 8,
                      argument.is_extended ? " extended bits" : " bits, upper garbage");
    }
    absl::StrAppend(&text, "\n");
  }
  return text;
}

}  // namespace springboard
