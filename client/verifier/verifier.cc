#include "client/verifier/verifier.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "client/verifier/abi.h"
#include "client/verifier/instruction.h"
#include "client/verifier/machine.h"

namespace springboard {
namespace {

using verifier::Abi;
using verifier::Instruction;
using verifier::Operation;
using verifier::Place;
using verifier::Places;
using verifier::RegisterId;
using verifier::RegisterSet;
using verifier::Shape;
using verifier::Value;
using Source = Value::Source;

constexpr int32_t kStackAlignment = 16;
constexpr uint32_t kCalleeSlotBytes = 8;
constexpr uint32_t kMaxAlignment = 4096;
constexpr int32_t kRecordBytes = 16;
constexpr uint32_t kInstructionBytesA64 = 4;
// The longest that the compiler emits have about 5 KB. Bounds the time, and every offset.
constexpr size_t kMaxCodeBytes = 1 << 16;
constexpr int kReceiver = 0;

bool Contains(RegisterSet set, RegisterId number) { return (set >> number & 1) != 0; }

bool IsVector(RegisterId reg) { return reg >= verifier::kFirstVector; }

struct RuleText {
  absl::string_view name;
  absl::string_view text;
};

// Indexed by VerifierRule.
constexpr std::array<RuleText, 20> kRules = {{
    {"UNKNOWN_TARGET", "the target or profile is unknown to this client"},
    {"ALIGNMENT", "the alignment must be a power of two, from an instruction's to 4096"},
    {"CALLEE_SLOT", "the callee's slot must be 8 zero bytes that one instruction reads"},
    {"UNKNOWN_INSTRUCTION", "no trampoline has this instruction"},
    {"UNACCOUNTED_BYTES", "these bytes are never executed and are no callee's slot"},
    {"NO_TRANSFER", "the code ends, returns or goes on too long before it is done"},
    {"SECOND_TRANSFER", "control leaves a second time"},
    {"NOT_THE_CALLEE", "control goes elsewhere than to the callee"},
    {"STACK_POINTER", "the stack pointer moves where it must not"},
    {"STACK_ALIGNMENT", "the stack is not aligned to 16 bytes at the call"},
    {"OUTGOING_AREA", "the callee's part of the stack is not the trampoline's to give"},
    {"READ", "memory is read that the trampoline has no right to"},
    {"WRITE", "memory is written that the trampoline has no right to"},
    {"SAVED_REGISTER", "a register that belongs to the caller is changed"},
    {"RETURN_ADDRESS", "the return does not go to the caller"},
    {"FRAME_RECORD", "x29 does not point to a frame record"},
    {"WRONG_ARGUMENT", "an argument is not what and where the callee expects it"},
    {"RECEIVER", "the callee may see the receiver, or a part of it"},
    {"WRONG_RESULT", "the result is not what the caller expects"},
    {"OUT_ARRAY", "the result is not stored, once, through the out array"},
}};

RuleText TextOf(VerifierRule rule) {
  const auto index = static_cast<size_t>(rule);
  return index < kRules.size() ? kRules[index] : RuleText{"UNKNOWN_RULE", "the rule is unknown"};
}

// Executes the code on values that stand for every call at once. Each member that can refuse
// returns the rule that is broken; the first ends the proof.
class Proof {
 public:
  using Refusal = std::optional<VerifierRule>;

  Proof(const Abi& abi, const Signature& signature, const UnverifiedCode& code)
      : abi_(abi),
        signature_(signature),
        code_(code),
        has_out_array_(verifier::TakesOutArray(signature.result())),
        incoming_begin_(abi.return_address_bytes + abi.shadow_bytes),
        stack_(PlaceArguments()) {
    EnterFunction();
  }

  std::optional<Rejection> Run() {
    size_t offset = 0;
    while (offset < std::min(code_.code.size(), kMaxCodeBytes)) {
      const std::optional<Instruction> instruction = abi_.is_x64
                                                         ? verifier::DecodeX64(code_.code, offset)
                                                         : verifier::DecodeA64(code_.code, offset);
      if (!instruction.has_value()) return Reject(VerifierRule::kUnknownInstruction, offset);
      next_ = offset + instruction->size_bytes;
      const Refusal refusal = Execute(*instruction);
      if (refusal.has_value()) return Reject(*refusal, offset);
      offset = next_;
      if (is_done_) return CheckRest(offset);
    }
    return Reject(VerifierRule::kNoTransfer, offset);
  }

 private:
  Rejection Reject(VerifierRule rule, size_t offset) const {
    return {rule, static_cast<uint32_t>(offset),
            rule == VerifierRule::kWrongArgument ? wrong_argument_ : -1};
  }

  // The offset behind the last byte of the incoming arguments.
  int32_t PlaceArguments() {
    verifier::PlaceV8Arguments(abi_, signature_, incoming_);
    incoming_end_ = incoming_begin_ + incoming_.stack_bytes;
    return incoming_end_;
  }

  // The state at the first instruction: V8's arguments where they are, and everything else as it
  // was.
  void EnterFunction() {
    for (size_t reg = 0; reg < verifier::kRegisters; ++reg) {
      registers_[reg] = Whole(Source::kEntry, static_cast<int>(reg));
    }
    for (size_t i = 0; i < incoming_.count; ++i) {
      const Place& place = incoming_.place[i];
      const Value argument = Whole(Source::kArgument, static_cast<int>(i));
      if (place.is_register) {
        registers_[place.reg] = argument;
      } else {
        stack_.Write(place.stack_offset, 8, argument);
      }
    }
  }

  // What follows the last instruction: on AArch64 the callee's slot, and nothing else.
  std::optional<Rejection> CheckRest(size_t offset) const {
    const size_t rest = code_.code.size() - offset;
    const bool has_slot = !abi_.is_x64 && !code_.place.has_value();
    if (has_slot && offset != code_.callee_offset_bytes) {
      return Reject(VerifierRule::kUnaccountedBytes, offset);
    }
    if (rest != (has_slot ? kCalleeSlotBytes : 0)) {
      return Reject(VerifierRule::kUnaccountedBytes, offset + (has_slot ? kCalleeSlotBytes : 0));
    }
    return std::nullopt;
  }

  Refusal Execute(const Instruction& one) {
    switch (one.operation) {
      case Operation::kCopy:
        return SetGeneral(one.reg, Truncated(registers_[one.source], one.bytes));
      case Operation::kExtend:
        return SetGeneral(one.reg, Extended(registers_[one.source], one.bytes, one.is_signed));
      case Operation::kClear:
        return SetGeneral(one.reg, Whole(Source::kZero, 0));
      case Operation::kCopyVector:
        return SetVector(one.reg, registers_[one.source]);
      case Operation::kLoad:
      case Operation::kLoadExtend:
        return Load(one);
      case Operation::kStore:
        return Store(one);
      case Operation::kLoadPair:
        return FirstOf(Load(FirstOfPair(one)), [&] { return Load(SecondOfPair(one)); });
      case Operation::kStorePair:
        return FirstOf(Store(FirstOfPair(one)), [&] { return Store(SecondOfPair(one)); });
      case Operation::kMoveStack:
        return MoveStack(one.displacement);
      case Operation::kPush:
        return FirstOf(MoveStack(-8), [&] { return WriteFrame(sp_, 8, registers_[one.source]); });
      case Operation::kPushLoaded:
        return PushLoaded(one);
      case Operation::kPop:
        return FirstOf(Restore(one.reg, sp_), [&] { return MoveStack(8); });
      case Operation::kPushRecord:
        if (one.displacement >= 0) return VerifierRule::kStackPointer;
        return FirstOf(MoveStack(one.displacement), [&] { return StoreRecord(sp_); });
      case Operation::kPopRecord:
        if (one.displacement < kRecordBytes) return VerifierRule::kStackPointer;
        return FirstOf(LoadRecord(sp_), [&] { return MoveStack(one.displacement); });
      case Operation::kStoreRecord:
        return StoreRecord(sp_ + one.displacement);
      case Operation::kLoadRecord:
        return LoadRecord(sp_ + one.displacement);
      case Operation::kStackAddress:
        return SetGeneral(one.reg, Whole(Source::kStackAddress, sp_ + one.displacement));
      case Operation::kLoadCallee:
        if (code_.place.has_value() ||
            one.displacement != static_cast<int32_t>(code_.callee_offset_bytes)) {
          return VerifierRule::kCalleeSlot;
        }
        return SetGeneral(one.reg, Whole(Source::kCalleeAddress, 0));
      case Operation::kCall:
      case Operation::kDirectCall:
        return Call(one);
      case Operation::kJump:
      case Operation::kDirectJump:
        return Jump(one);
      case Operation::kReturn:
        return Return(one);
    }
    return VerifierRule::kUnknownInstruction;
  }

  template <typename Then>
  static Refusal FirstOf(Refusal first, const Then& then) {
    return first.has_value() ? first : then();
  }

  // Registers.

  Refusal SetGeneral(RegisterId reg, Value value) {
    if (Contains(abi_.untouchable, reg)) return VerifierRule::kSavedRegister;
    registers_[reg] = value;
    return std::nullopt;
  }

  // No trampoline has a reason to save a vector register.
  Refusal SetVector(RegisterId reg, Value value) {
    const auto number = static_cast<RegisterId>(reg - verifier::kFirstVector);
    if (Contains(abi_.saved_vector, number)) return VerifierRule::kSavedRegister;
    registers_[reg] = value;
    return std::nullopt;
  }

  Refusal Set(RegisterId reg, Value value) {
    return IsVector(reg) ? SetVector(reg, value) : SetGeneral(reg, value);
  }

  // Memory.

  bool IsInFrame(int32_t offset, int32_t bytes) const {
    return offset >= sp_ && offset + bytes <= 0;
  }
  bool IsIncoming(int32_t offset, int32_t bytes) const {
    return offset >= incoming_begin_ && offset + bytes <= incoming_end_;
  }

  // Bounds every sum of a displacement and sp.
  static bool IsSmall(int32_t displacement) {
    constexpr int32_t kMaxDisplacement = 1 << 16;
    return displacement > -kMaxDisplacement && displacement < kMaxDisplacement;
  }

  // What is at base + displacement.
  Refusal Read(const Instruction& one, Value& value) const {
    if (!IsSmall(one.displacement)) return VerifierRule::kRead;
    if (one.base == verifier::kStackBase) {
      const int32_t offset = sp_ + one.displacement;
      if (!IsInFrame(offset, one.bytes) && !IsIncoming(offset, one.bytes)) {
        return VerifierRule::kRead;
      }
      value = stack_.Read(offset, one.bytes);
      return std::nullopt;
    }
    // Of an array's struct only the data pointer is of use.
    const Value array = registers_[one.base];
    if (!IsArray(array) || one.displacement != verifier::kArrayDataOffset || one.bytes != 8) {
      return VerifierRule::kRead;
    }
    value = Whole(Source::kArrayData, array.index);
    return std::nullopt;
  }

  Refusal Load(const Instruction& one) {
    // A pointer is loaded as it is, and into no vector register.
    if (one.base != verifier::kStackBase &&
        (one.operation != Operation::kLoad || IsVector(one.reg))) {
      return VerifierRule::kRead;
    }
    Value loaded = verifier::Unknown();
    if (const Refusal refusal = Read(one, loaded)) return refusal;
    if (one.operation == Operation::kLoadExtend) {
      loaded = Extended(loaded, one.bytes, one.is_signed);
    }
    return Set(one.reg, loaded);
  }

  Refusal PushLoaded(const Instruction& one) {
    Value loaded = verifier::Unknown();
    if (const Refusal refusal = Read(one, loaded)) return refusal;
    return FirstOf(MoveStack(-8), [&] { return WriteFrame(sp_, 8, loaded); });
  }

  // The pointer to the struct of a buffer or of the out array.
  bool IsArray(Value value) const {
    if (value.source != Source::kArgument || value.bytes != 8 || value.index == kReceiver) {
      return false;
    }
    const auto parameter = static_cast<size_t>(value.index - 1);
    if (parameter == signature_.parameters().size()) return true;
    return signature_.parameters()[parameter] == NativeType::kBuffer;
  }

  bool IsOutArrayData(Value value) const {
    return has_out_array_ && value.source == Source::kArrayData && value.bytes == 8 &&
           static_cast<size_t>(value.index) == signature_.parameters().size() + 1;
  }

  Refusal Store(const Instruction& one) {
    const Value value = registers_[one.source];
    if (!IsSmall(one.displacement)) return VerifierRule::kWrite;
    if (one.base == verifier::kStackBase) {
      const int32_t offset = sp_ + one.displacement;
      if (IsIncoming(offset, one.bytes)) {
        if (has_called_) return VerifierRule::kWrite;
        wrote_incoming_ = true;
        return stack_.Write(offset, one.bytes, value) ? Refusal() : VerifierRule::kWrite;
      }
      return WriteFrame(offset, one.bytes, value);
    }
    if (!IsOutArrayData(registers_[one.base]) || one.displacement != 0) {
      return VerifierRule::kWrite;
    }
    if (stored_result_ || one.bytes != 8 || !(value == Whole(Source::kResult, 0))) {
      return VerifierRule::kOutArray;
    }
    stored_result_ = true;
    return std::nullopt;
  }

  Refusal WriteFrame(int32_t offset, uint8_t bytes, Value value) {
    if (!IsInFrame(offset, bytes) || !stack_.Write(offset, bytes, value)) {
      return VerifierRule::kWrite;
    }
    return std::nullopt;
  }

  // Lowers sp before the call and raises it after: what a frame held is never in a frame again.
  Refusal MoveStack(int32_t change) {
    if (!IsSmall(change) || (change < 0) == has_called_) return VerifierRule::kStackPointer;
    const int32_t moved = sp_ + change;
    if (moved > 0 || moved < -verifier::Stack::kMaxFrameBytes) return VerifierRule::kStackPointer;
    // A signal or exception in between must find an aligned stack too (AAPCS64 6.4.5.1).
    if (!abi_.is_x64 && moved % kStackAlignment != 0) return VerifierRule::kStackPointer;
    if (change < 0) stack_.Forget(moved, sp_);
    sp_ = moved;
    return std::nullopt;
  }

  Refusal Restore(RegisterId reg, int32_t offset) {
    if (!IsInFrame(offset, 8)) return VerifierRule::kRead;
    return SetGeneral(reg, stack_.Read(offset, 8));
  }

  Refusal StoreRecord(int32_t offset) {
    return FirstOf(WriteFrame(offset, 8, registers_[verifier::kFramePointer]),
                   [&] { return WriteFrame(offset + 8, 8, registers_[verifier::kLinkRegister]); });
  }

  Refusal LoadRecord(int32_t offset) {
    return FirstOf(Restore(verifier::kFramePointer, offset),
                   [&] { return Restore(verifier::kLinkRegister, offset + 8); });
  }

  // Control.

  // Through a register that the platform lets a call go through: a `bti c` landing pad admits
  // x16 and x17 (Arm ARM D5.4.4). Or directly, to what is there; addresses wrap around.
  bool GoesToCallee(const Instruction& one) const {
    if (one.operation == Operation::kDirectCall || one.operation == Operation::kDirectJump) {
      const auto distance = static_cast<uint64_t>(int64_t{one.displacement});
      return code_.place.has_value() &&
             code_.place->address + next_ + distance == code_.place->callee;
    }
    const bool may = abi_.is_x64 || one.source == 16 || one.source == 17;
    return may && registers_[one.source].source == Source::kCalleeAddress;
  }

  Refusal Call(const Instruction& one) {
    if (has_called_) return VerifierRule::kSecondTransfer;
    if (!GoesToCallee(one)) return VerifierRule::kNotTheCallee;
    // V8 enters with sp + 8 aligned on x64, where the call pushed the return address.
    if ((sp_ - abi_.return_address_bytes) % kStackAlignment != 0) {
      return VerifierRule::kStackAlignment;
    }
    verifier::PlaceCArguments(abi_, signature_, outgoing_);
    const int32_t callee_bytes = abi_.shadow_bytes + outgoing_.stack_bytes;
    if (callee_bytes > 0 && !IsInFrame(sp_, callee_bytes)) return VerifierRule::kOutgoingArea;
    if (wrote_incoming_) return VerifierRule::kWrite;
    // Offsets of outgoing arguments count from the callee's entry.
    Refusal refusal = CheckArguments(sp_ - abi_.return_address_bytes);
    if (!refusal.has_value() && !abi_.is_x64 && !HasFrameRecord()) {
      refusal = VerifierRule::kFrameRecord;
    }
    if (refusal.has_value()) return refusal;

    has_called_ = true;
    stack_.Forget(sp_, sp_ + callee_bytes);
    ForgetUnsavedRegisters();
    registers_[abi_.integer_result] = Whole(Source::kResult, 0);
    registers_[abi_.vector_result] = Whole(Source::kResult, 1);
    return std::nullopt;
  }

  void ForgetUnsavedRegisters() {
    for (size_t reg = 0; reg < verifier::kRegisters; ++reg) {
      const bool is_vector = IsVector(static_cast<RegisterId>(reg));
      const RegisterSet saved = is_vector ? abi_.saved_vector : abi_.saved_general;
      const auto number = static_cast<RegisterId>(reg % verifier::kFirstVector);
      // A call on AArch64 changes the link register by itself.
      const bool is_link = !abi_.is_x64 && reg == verifier::kLinkRegister;
      const bool is_kept =
          Contains(saved, number) || (!is_vector && Contains(abi_.untouchable, number));
      if (!is_kept || is_link) registers_[reg] = verifier::Unknown();
    }
  }

  // AAPCS64 6.4.6: x29 points to the caller's x29, and its return address behind it.
  bool HasFrameRecord() const {
    const Value pointer = registers_[verifier::kFramePointer];
    if (pointer.source != Source::kStackAddress || !IsInFrame(pointer.index, kRecordBytes)) {
      return false;
    }
    return stack_.Read(pointer.index, 8) == Whole(Source::kEntry, verifier::kFramePointer) &&
           stack_.Read(pointer.index + 8, 8) == Whole(Source::kEntry, verifier::kLinkRegister);
  }

  Refusal Jump(const Instruction& one) {
    if (has_called_) return VerifierRule::kSecondTransfer;
    if (!GoesToCallee(one)) return VerifierRule::kNotTheCallee;
    if (ResultChanges()) {
      return has_out_array_ ? VerifierRule::kOutArray : VerifierRule::kWrongResult;
    }
    verifier::PlaceCArguments(abi_, signature_, outgoing_);
    if (outgoing_.stack_bytes > incoming_.stack_bytes) return VerifierRule::kOutgoingArea;
    is_done_ = true;
    return FirstOf(CheckRestored(), [&] { return CheckArguments(0); });
  }

  Refusal Return(const Instruction& one) {
    if (!has_called_) return VerifierRule::kNoTransfer;
    // On x64 the return address was never writable.
    if (!abi_.is_x64 &&
        !(registers_[one.source] == Whole(Source::kEntry, verifier::kLinkRegister))) {
      return VerifierRule::kReturnAddress;
    }
    is_done_ = true;
    return FirstOf(CheckRestored(), [&] { return CheckResult(); });
  }

  // The caller's sp and registers.
  Refusal CheckRestored() const {
    if (sp_ != 0) return VerifierRule::kStackPointer;
    for (RegisterId reg = 0; reg < verifier::kFirstVector; ++reg) {
      if (Contains(abi_.saved_general, reg) && !(registers_[reg] == Whole(Source::kEntry, reg))) {
        return VerifierRule::kSavedRegister;
      }
    }
    return std::nullopt;
  }

  // `callee_sp` is sp at the callee's first instruction.
  Refusal CheckArguments(int32_t callee_sp) {
    for (size_t i = 0; i < outgoing_.count; ++i) {
      const NativeType type = signature_.parameters()[i];
      const Place& place = outgoing_.place[i];
      const Shape shape = verifier::ShapeOf(type);
      const bool is_packed = !place.is_register && abi_.packs_stack;
      const bool extends =
          shape.is_narrow() && !is_packed && abi_.extends_arguments == verifier::Extender::kGiver;
      const auto bytes = static_cast<uint8_t>(extends ? 4 : shape.bytes);
      const Value value = place.is_register ? registers_[place.reg]
                                            : stack_.Read(callee_sp + place.stack_offset, bytes);
      const Source source = type == NativeType::kBuffer ? Source::kArrayData : Source::kArgument;
      if (value.source != source || value.index != static_cast<int>(i) + 1 ||
          !Holds(value, shape, extends)) {
        wrong_argument_ = static_cast<int>(i);
        return VerifierRule::kWrongArgument;
      }
    }
    for (RegisterId reg = 0; reg < verifier::kFirstVector; ++reg) {
      if (Contains(abi_.integer_arguments, reg) && !IsHarmless(registers_[reg], reg)) {
        return VerifierRule::kReceiver;
      }
    }
    return std::nullopt;
  }

  // In the integer argument register `reg`: what V8 passed to the callee, or left there itself. The
  // rest may be the receiver, as what is unknown and what V8 keeps in other registers, or is an
  // address that the callee has no business with.
  static bool IsHarmless(Value value, RegisterId reg) {
    switch (value.source) {
      case Source::kZero:
      case Source::kArrayData:
        return true;
      case Source::kArgument:
        return value.index != kReceiver;
      case Source::kEntry:
        return value.index == reg;
      default:
        return false;
    }
  }

  // The whole of a value of the shape; if asked for, extended to 32 bits by its sign.
  static bool Holds(Value value, Shape shape, bool extended) {
    if (!extended) return value.bytes >= shape.bytes;
    return value.bytes == shape.bytes &&
           value.above == (shape.is_signed ? Value::Above::kSigns : Value::Above::kZeros);
  }

  // True if V8 wants the result in another form than the callee gives it.
  bool ResultChanges() const {
    const NativeType result = signature_.result();
    // V8 looks at the low byte of a bool only.
    return has_out_array_ ||
           (verifier::ShapeOf(result).is_narrow() && result != NativeType::kBool &&
            abi_.extends_results == verifier::Extender::kReceiver);
  }

  Refusal CheckResult() const {
    const NativeType result = signature_.result();
    const Shape shape = verifier::ShapeOf(result);
    if (has_out_array_) return stored_result_ ? Refusal() : VerifierRule::kOutArray;
    if (shape.bytes == 0) return std::nullopt;
    const Value value = registers_[shape.is_float ? abi_.vector_result : abi_.integer_result];
    if (value.source != Source::kResult || value.index != (shape.is_float ? 1 : 0)) {
      return VerifierRule::kWrongResult;
    }
    // As it came, extended already by the callee or of no interest above its width.
    const bool as_it_came = !ResultChanges() && value.bytes == 8;
    const bool extends = shape.is_narrow() && result != NativeType::kBool;
    return as_it_came || Holds(value, shape, extends) ? Refusal() : VerifierRule::kWrongResult;
  }

  const Abi& abi_;
  const Signature& signature_;
  const UnverifiedCode& code_;
  const bool has_out_array_;
  const int32_t incoming_begin_;  // Offsets from sp at the first instruction, in bytes.
  int32_t incoming_end_ = 0;
  Places incoming_;
  Places outgoing_;
  verifier::Stack stack_;
  std::array<Value, verifier::kRegisters> registers_;
  int32_t sp_ = 0;
  size_t next_ = 0;  // The offset behind the instruction that is looked at.
  bool has_called_ = false;
  bool stored_result_ = false;
  bool wrote_incoming_ = false;
  bool is_done_ = false;
  int wrong_argument_ = -1;
};

std::optional<VerifierRule> CheckContainer(const Abi& abi, const UnverifiedCode& code) {
  const uint32_t alignment = code.alignment_bytes;
  const uint32_t least = abi.is_x64 ? 1 : kInstructionBytesA64;
  if (alignment < least || alignment > kMaxAlignment || (alignment & (alignment - 1)) != 0) {
    return VerifierRule::kAlignment;
  }
  if (code.place.has_value()) {
    return code.place->address % alignment == 0 ? std::nullopt
                                                : std::optional(VerifierRule::kAlignment);
  }
  const size_t size = code.code.size();
  const uint32_t offset = code.callee_offset_bytes;
  if (size < kCalleeSlotBytes || offset > size - kCalleeSlotBytes) return VerifierRule::kCalleeSlot;
  const auto slot = code.code.subspan(offset, kCalleeSlotBytes);
  const bool is_zero =
      std::all_of(slot.begin(), slot.end(), [](uint8_t byte) { return byte == 0; });
  if (!is_zero) return VerifierRule::kCalleeSlot;
  return std::nullopt;
}

}  // namespace

absl::string_view Name(VerifierRule rule) { return TextOf(rule).name; }

std::string Rejection::ToString() const {
  std::string text = absl::StrCat(Name(rule), " at byte ", offset_bytes, ": ", TextOf(rule).text);
  if (argument >= 0) absl::StrAppend(&text, ": argument ", argument);
  return text;
}

std::optional<Rejection> Verify(const Signature& signature, Target target, CallerProfile profile,
                                const UnverifiedCode& code) {
  const Abi* const abi = verifier::AbiOf(target);
  if (abi == nullptr || profile != CallerProfile::kV8_10) {
    return Rejection{VerifierRule::kUnknownTarget, 0};
  }
  if (const std::optional<VerifierRule> rule = CheckContainer(*abi, code)) {
    const auto size = static_cast<uint32_t>(code.code.size());
    return Rejection{
        *rule, *rule == VerifierRule::kCalleeSlot ? std::min(code.callee_offset_bytes, size) : 0};
  }
  return Proof(*abi, signature, code).Run();
}

}  // namespace springboard
