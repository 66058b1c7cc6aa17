#include "compiler/call_layout.h"

#include <algorithm>

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
      : convention_(convention),
        area_(area),
        counts_per_class_(convention.counting == RegisterCounting::kPerClass),
        is_natural_(convention.stack_slots == StackSlots::kNatural),
        is_extended_(convention.narrow_arguments == NarrowIntegers::kExtended),
        layout_(layout) {
    layout_.convention = &convention;
    layout_.arguments.clear();
  }

  void Add(NativeType type) {
    const bool is_float = Info(type).type_class == TypeClass::kFloat;
    const RegisterList& registers =
        is_float ? convention_.vector_arguments : convention_.integer_arguments;
    uint32_t& taken = is_float && counts_per_class_ ? vectors_taken_ : integers_taken_;
    // Written where it stays.
    ArgumentLocation& argument = layout_.arguments.emplace_back();
    argument.type = type;
    argument.is_extended = is_extended_;
    if (taken < registers.size()) {
      argument.location = Location::InRegister(registers[static_cast<uint8_t>(taken++)]);
      argument.container_bytes = PromotedBytes(type);
    } else {
      PutOnStack(argument);
    }
  }

  void Finish() { layout_.stack_bytes = stack_bytes_; }

 private:
  void PutOnStack(ArgumentLocation& argument) {
    const uint8_t size = Info(argument.type).size_bytes;
    const uint32_t slot = is_natural_ ? size : kEightBytes;  // A power of two.
    const uint32_t offset = (stack_bytes_ + slot - 1) & ~(slot - 1);
    stack_bytes_ = offset + slot;
    argument.location = Location::OnStack(area_, static_cast<uint16_t>(offset));
    argument.container_bytes = is_natural_ ? size : PromotedBytes(argument.type);
  }

  static uint8_t PromotedBytes(NativeType type) {
    return std::max(Info(type).size_bytes, kPromotedBytes);
  }

  const CallingConvention& convention_;
  const StackArea area_;
  const bool counts_per_class_;
  const bool is_natural_;
  const bool is_extended_;
  CallLayout& layout_;
  uint32_t integers_taken_ = 0;  // Of both classes where counting is positional.
  uint32_t vectors_taken_ = 0;
  uint32_t stack_bytes_ = 0;
};

}  // namespace

void LayOutCallerInto(const Signature& signature, const CallingConvention& convention,
                      CallLayout& layout) {
  Allocator allocator(convention, StackArea::kIncoming, layout);
  allocator.Add(NativeType::kPointer);
  for (const NativeType type : signature.parameters()) allocator.Add(type);
  if (NeedsOutArray(signature.result())) allocator.Add(NativeType::kBuffer);
  allocator.Finish();
}

void LayOutCalleeInto(const Signature& signature, const CallingConvention& convention,
                      CallLayout& layout) {
  Allocator allocator(convention, StackArea::kOutgoing, layout);
  for (const NativeType type : signature.parameters()) allocator.Add(type);
  allocator.Finish();
}

CallLayout LayOutCaller(const Signature& signature, const CallingConvention& convention) {
  CallLayout layout;
  LayOutCallerInto(signature, convention, layout);
  return layout;
}

CallLayout LayOutCallee(const Signature& signature, const CallingConvention& convention) {
  CallLayout layout;
  LayOutCalleeInto(signature, convention, layout);
  return layout;
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
