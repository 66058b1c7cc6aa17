#include "compiler/call_layout.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "compiler/fast_api.h"

namespace springboard {
namespace {

constexpr uint32_t kEightBytes = 8;
constexpr uint8_t kPromotedBytes = 4;

// Hands out registers and stack space of one convention, argument by argument.
class Allocator {
 public:
  // For so many arguments, in `layout`.
  Allocator(const CallingConvention& convention, StackArea area, size_t arguments,
            CallLayout& layout)
      : convention_(convention), area_(area) {
    layout.convention = &convention;
    layout.arguments.resize(arguments, kNone);
    next_ = layout.arguments.data();
  }

  void Add(NativeType type) {
    const std::optional<Register> reg = TakeRegister(Info(type).type_class);
    *next_++ = reg.has_value() ? InRegister(*reg, type) : OnStack(type);
  }

  uint32_t stack_bytes() const { return stack_bytes_; }

 private:
  std::optional<Register> TakeRegister(TypeClass type_class) {
    const bool is_float = type_class == TypeClass::kFloat;
    const RegisterList& registers =
        is_float ? convention_.vector_arguments : convention_.integer_arguments;
    const bool own_count = is_float && convention_.counting == RegisterCounting::kPerClass;
    uint16_t& taken = own_count ? vectors_taken_ : integers_taken_;
    if (taken >= registers.size()) return std::nullopt;
    return registers[static_cast<uint8_t>(taken++)];
  }

  ArgumentLocation InRegister(Register reg, NativeType type) const {
    return {Location::InRegister(reg), type, PromotedBytes(type), IsExtended()};
  }

  ArgumentLocation OnStack(NativeType type) {
    const bool natural = convention_.stack_slots == StackSlots::kNatural;
    const uint32_t size = Info(type).size_bytes;
    const uint32_t slot = natural ? size : kEightBytes;
    // A power of two.
    const uint32_t offset = (stack_bytes_ + slot - 1) & ~(slot - 1);
    stack_bytes_ = offset + slot;
    const Location location = Location::OnStack(area_, static_cast<uint16_t>(offset));
    return {location, type, natural ? static_cast<uint8_t>(size) : PromotedBytes(type),
            IsExtended()};
  }

  static uint8_t PromotedBytes(NativeType type) {
    return std::max(Info(type).size_bytes, kPromotedBytes);
  }

  bool IsExtended() const { return convention_.narrow_arguments == NarrowIntegers::kExtended; }

  static constexpr ArgumentLocation kNone = {Location::OnStack(StackArea::kIncoming, 0),
                                             NativeType::kVoid, 0, false};

  const CallingConvention& convention_;
  const StackArea area_;
  ArgumentLocation* next_;
  uint32_t stack_bytes_ = 0;
  uint16_t integers_taken_ = 0;  // Of both classes where counting is positional.
  uint16_t vectors_taken_ = 0;
};

}  // namespace

void LayOutCaller(const Signature& signature, const CallingConvention& convention,
                  CallLayout& layout) {
  const bool has_out_array = NeedsOutArray(signature.result());
  const size_t arguments = 1 + signature.parameters().size() + (has_out_array ? 1 : 0);
  Allocator allocator(convention, StackArea::kIncoming, arguments, layout);
  allocator.Add(NativeType::kPointer);
  for (const NativeType type : signature.parameters()) allocator.Add(type);
  if (has_out_array) allocator.Add(NativeType::kBuffer);
  layout.stack_bytes = allocator.stack_bytes();
}

void LayOutCallee(const Signature& signature, const CallingConvention& convention,
                  CallLayout& layout) {
  Allocator allocator(convention, StackArea::kOutgoing, signature.parameters().size(), layout);
  for (const NativeType type : signature.parameters()) allocator.Add(type);
  layout.stack_bytes = allocator.stack_bytes();
}

CallLayout LayOutCaller(const Signature& signature, const CallingConvention& convention) {
  CallLayout layout;
  LayOutCaller(signature, convention, layout);
  return layout;
}

CallLayout LayOutCallee(const Signature& signature, const CallingConvention& convention) {
  CallLayout layout;
  LayOutCallee(signature, convention, layout);
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
