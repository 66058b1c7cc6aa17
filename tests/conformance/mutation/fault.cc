#include "tests/conformance/mutation/fault.h"

#include <algorithm>
#include <array>
#include <variant>

#include "compiler/emitter.h"

namespace springboard {
namespace {

using Targets = std::vector<Target>;

const Targets kAll = {Target::kX64SystemV, Target::kX64Windows, Target::kA64Apple,
                      Target::kA64Linux, Target::kA64Windows};
const Targets kX64 = {Target::kX64SystemV, Target::kX64Windows};
const Targets kA64 = {Target::kA64Apple, Target::kA64Linux, Target::kA64Windows};
// Where the caller extends narrow arguments.
const Targets kExtendingArguments = {Target::kX64SystemV, Target::kA64Apple};
// Where the caller extends narrow results.
const Targets kExtendingResults = {Target::kX64SystemV, Target::kX64Windows, Target::kA64Linux,
                                   Target::kA64Windows};

Fault InConventions(std::string name, Targets targets,
                    std::function<void(CallingConvention&, CallingConvention&)> change) {
  Fault fault = {std::move(name), std::move(targets), {}, {}, {}, {}};
  fault.conventions = std::move(change);
  return fault;
}

Fault InLayouts(std::string name, Targets targets,
                std::function<void(CallLayout&, CallLayout&)> change) {
  Fault fault = {std::move(name), std::move(targets), {}, {}, {}, {}};
  fault.layouts = std::move(change);
  return fault;
}

Fault InPlan(std::string name, Targets targets, std::function<void(ThunkPlan&)> change) {
  Fault fault = {std::move(name), std::move(targets), {}, {}, {}, {}};
  fault.plan = std::move(change);
  return fault;
}

Fault InCode(std::string name, Targets targets, std::function<void(FaultyCode&)> change) {
  Fault fault = {std::move(name), std::move(targets), {}, {}, {}, {}};
  fault.code = std::move(change);
  return fault;
}

Fault InMoves(std::string name, Targets targets, const std::function<void(Move&, Isa)>& change) {
  return InPlan(std::move(name), std::move(targets), [change](ThunkPlan& plan) {
    for (Step& step : plan.steps) {
      if (Move* move = std::get_if<Move>(&step)) change(*move, plan.callee->isa);
      if (Push* push = std::get_if<Push>(&step)) change(push->move, plan.callee->isa);
    }
  });
}

bool IsPush(const Step& step) { return std::holds_alternative<Push>(step); }

Fault WithoutSteps(std::string name, Targets targets, std::function<bool(const Step&)> is_left) {
  return InPlan(std::move(name), std::move(targets),
                [is_left = std::move(is_left)](ThunkPlan& plan) {
                  plan.steps.erase(std::remove_if(plan.steps.begin(), plan.steps.end(), is_left),
                                   plan.steps.end());
                });
}

template <typename Left>
Fault WithoutStep(std::string name, Targets targets) {
  return WithoutSteps(std::move(name), std::move(targets),
                      [](const Step& step) { return std::holds_alternative<Left>(step); });
}

StackSlots Other(StackSlots slots) {
  return slots == StackSlots::kNatural ? StackSlots::kEightBytes : StackSlots::kNatural;
}

RegisterList WithFirstTwoSwapped(const RegisterList& list) {
  std::array<Register, 8> all = {};
  std::copy(list.begin(), list.end(), all.begin());
  std::swap(all[0], all[1]);
  switch (list.size()) {
    case 4:
      return {all[0], all[1], all[2], all[3]};
    case 6:
      return {all[0], all[1], all[2], all[3], all[4], all[5]};
    default:
      return {all[0], all[1], all[2], all[3], all[4], all[5], all[6], all[7]};
  }
}

// The first register that copies between stacks go through where they are split into loads and
// stores.
Location FirstCopyRegister(Isa isa) { return Location::InRegister(General(Info(isa).first_copy)); }

// From the stack to the stack, or to the register from which it goes there.
bool IsBetweenStacks(const Move& move, Isa isa) {
  if (move.operation == MoveOperation::kClear || move.from.is_register()) return false;
  return !move.to.is_register() || (Info(isa).copies > 0 && move.to == FirstCopyRegister(isa));
}

// Lets copies between stacks go through another register.
void CopyThrough(Register reg, Move& move, Isa isa) {
  if (Info(isa).copies == 0) {
    if (IsBetweenStacks(move, isa)) move.via = reg;
    return;
  }
  for (Location* const location : {&move.from, &move.to}) {
    if (*location == FirstCopyRegister(isa)) *location = Location::InRegister(reg);
  }
}

Location Behind(Location location, int bytes) {
  return Location::OnStack(location.area(), static_cast<uint16_t>(location.offset_bytes() + bytes));
}

std::vector<Fault> ConventionFaults() {
  return {
      InConventions("stack slots of the wrong size for the callee", kAll,
                    [](CallingConvention&, CallingConvention& callee) {
                      callee.stack_slots = Other(callee.stack_slots);
                    }),
      InConventions("stack slots of natural size from V8", kAll,
                    [](CallingConvention& caller, CallingConvention&) {
                      caller.stack_slots = StackSlots::kNatural;
                    }),
      InConventions("narrow arguments are not extended", kExtendingArguments,
                    [](CallingConvention&, CallingConvention& callee) {
                      callee.narrow_arguments = NarrowIntegers::kGarbage;
                    }),
      InConventions("narrow results are not extended", kExtendingResults,
                    [](CallingConvention&, CallingConvention& callee) {
                      callee.narrow_results = NarrowIntegers::kExtended;
                    }),
      InConventions("the callee's first two integer registers swapped", kAll,
                    [](CallingConvention&, CallingConvention& callee) {
                      callee.integer_arguments = WithFirstTwoSwapped(callee.integer_arguments);
                    }),
      InConventions("the callee's first two vector registers swapped", kAll,
                    [](CallingConvention&, CallingConvention& callee) {
                      callee.vector_arguments = WithFirstTwoSwapped(callee.vector_arguments);
                    }),
      InConventions("V8's first two integer registers swapped", kAll,
                    [](CallingConvention& caller, CallingConvention&) {
                      caller.integer_arguments = WithFirstTwoSwapped(caller.integer_arguments);
                    }),
      InConventions("registers counted the other way", kAll,
                    [](CallingConvention& caller, CallingConvention& callee) {
                      const RegisterCounting other =
                          callee.counting == RegisterCounting::kPositional
                              ? RegisterCounting::kPerClass
                              : RegisterCounting::kPositional;
                      caller.counting = callee.counting = other;
                    }),
      InConventions("no shadow space for the callee", {Target::kX64Windows},
                    [](CallingConvention&, CallingConvention& callee) { callee.shadow_bytes = 0; }),
      InConventions("no shadow space from V8", {Target::kX64Windows},
                    [](CallingConvention& caller, CallingConvention&) { caller.shadow_bytes = 0; }),
      InConventions("the result in another register", kAll,
                    [](CallingConvention&, CallingConvention& callee) {
                      callee.integer_result = General(2);
                    }),
      InMoves("floats copied through a register that callees save",
              {Target::kX64Windows, Target::kA64Apple, Target::kA64Linux, Target::kA64Windows},
              [](Move& move, Isa isa) {
                if (move.operation == MoveOperation::kCopy) CopyThrough(Vector(8), move, isa);
              }),
  };
}

std::vector<Fault> LayoutFaults() {
  return {
      InLayouts("the callee's stacked arguments 8 bytes too high", kAll,
                [](CallLayout&, CallLayout& callee) {
                  for (ArgumentLocation& argument : callee.arguments) {
                    if (argument.location.is_register()) continue;
                    argument.location = Behind(argument.location, 8);
                    callee.stack_bytes = argument.location.offset_bytes() + 8u;
                  }
                }),
      InLayouts("the first stacked argument read twice", kAll,
                [](CallLayout& caller, CallLayout&) {
                  const ArgumentLocation* first = nullptr;
                  for (ArgumentLocation& argument : caller.arguments) {
                    if (argument.location.is_register()) continue;
                    if (first != nullptr) argument.location = first->location;
                    if (first == nullptr) first = &argument;
                  }
                }),
      InLayouts("the out array taken from the argument before", kAll,
                [](CallLayout& caller, CallLayout& callee) {
                  const size_t last = caller.arguments.size() - 1;
                  if (callee.arguments.size() + 2 != caller.arguments.size()) return;
                  caller.arguments[last].location = caller.arguments[last - 1].location;
                }),
      InLayouts("a float of 4 bytes taken for one of 8", {Target::kA64Apple},
                [](CallLayout&, CallLayout& callee) {
                  for (ArgumentLocation& argument : callee.arguments) {
                    if (argument.type == NativeType::kF32) argument.container_bytes = 8;
                  }
                }),
  };
}

std::vector<Fault> FrameFaults() {
  return {
      InPlan("the frame 8 bytes short", kAll,
             [](ThunkPlan& plan) {
               if (plan.is_tail_call()) return;
               plan.frame.size_bytes -= 8;
               plan.frame.incoming_offset_bytes -= 8;
             }),
      InPlan("the frame 16 bytes short", kX64,
             [](ThunkPlan& plan) {
               if (plan.frame.size_bytes < 32) return;
               plan.frame.size_bytes -= 16;
               plan.frame.incoming_offset_bytes -= 16;
             }),
      InPlan("incoming arguments sought 8 bytes too high", kAll,
             [](ThunkPlan& plan) { plan.frame.incoming_offset_bytes += 8; }),
      InPlan("outgoing arguments put 8 bytes too high", kA64,
             [](ThunkPlan& plan) { plan.frame.outgoing_offset_bytes += 8; }),
      InPlan("stacked arguments pushed the other way round", kX64,
             [](ThunkPlan& plan) {
               if (!plan.frame.pushes_arguments) return;
               const auto end =
                   std::find_if(plan.steps.rbegin(), plan.steps.rend(), &IsPush).base();
               auto begin = end;
               while (begin != plan.steps.begin() && IsPush(*(begin - 1))) --begin;
               std::reverse(begin, end);
             }),
      InPlan("padding below the stacked arguments", kX64,
             [](ThunkPlan& plan) {
               const auto padding = std::find_if(
                   plan.steps.begin(), plan.steps.end(),
                   [](const Step& step) { return std::holds_alternative<PushPadding>(step); });
               if (padding == plan.steps.end()) return;
               std::rotate(padding, padding + 1,
                           std::find_if_not(padding + 1, plan.steps.end(), &IsPush));
             }),
      WithoutStep<PushPadding>("the padding never pushed", kX64),
      InPlan("the kept word sought 8 bytes too high", kX64,
             [](ThunkPlan& plan) { plan.frame.kept_offset_bytes += 8; }),
      InPlan(
          "the out array not kept across the call", kA64,
          [](ThunkPlan& plan) {
            if (!plan.frame.keeps_word) return;
            const uint32_t kept = plan.frame.kept_offset_bytes - plan.frame.outgoing_offset_bytes;
            const auto keeps = [&](const Step& step) {
              const Move* const move = std::get_if<Move>(&step);
              return move != nullptr && !move->to.is_register() && move->to.offset_bytes() == kept;
            };
            plan.steps.erase(std::find_if(plan.steps.begin(), plan.steps.end(), keeps));
          }),
      InPlan("the register of the out array not saved", {Target::kX64Windows},
             [](ThunkPlan& plan) {
               if (!plan.frame.keeps_word) return;
               *std::find_if(plan.steps.begin(), plan.steps.end(), &IsPush) = PushPadding();
             }),
      WithoutStep<EnterFrame>("the frame never made", kAll),
      WithoutStep<LeaveFrame>("the frame never left", kAll),
  };
}

std::vector<Fault> StepFaults() {
  return {
      WithoutSteps("the receiver not cleared", kAll,
                   [](const Step& step) {
                     const Move* move = std::get_if<Move>(&step);
                     return move != nullptr && move->operation == MoveOperation::kClear;
                   }),
      InPlan("the moves in reverse", kAll,
             [](ThunkPlan& plan) {
               const auto is_move = [](const Step& step) {
                 return std::holds_alternative<Move>(step);
               };
               const auto begin = std::find_if(plan.steps.begin(), plan.steps.end(), is_move);
               std::reverse(begin, std::find_if_not(begin, plan.steps.end(), is_move));
             }),
      InPlan("a typed array's length passed for its data", kAll,
             [](ThunkPlan& plan) { plan.typed_array_data_offset_bytes = 0; }),
      WithoutStep<StoreResult>("the result not stored in the out array", kAll),
      InPlan("a result extended by the wrong sign", kExtendingResults,
             [](ThunkPlan& plan) {
               for (Step& step : plan.steps) {
                 ExtendResult* const extend = std::get_if<ExtendResult>(&step);
                 if (extend == nullptr) continue;
                 const bool is_byte = Info(extend->type).size_bytes == 1;
                 const bool is_signed = Info(extend->type).is_signed;
                 if (is_byte) extend->type = is_signed ? NativeType::kU8 : NativeType::kI8;
                 if (!is_byte) extend->type = is_signed ? NativeType::kU16 : NativeType::kI16;
               }
             }),
      InPlan("a jump where a call must be", kAll,
             [](ThunkPlan& plan) {
               for (Step& step : plan.steps) {
                 if (std::holds_alternative<CallCallee>(step)) step = TailCallCallee();
               }
             }),
      InMoves("signed arguments extended by zeros", kExtendingArguments,
              [](Move& move, Isa) {
                if (move.operation == MoveOperation::kSignExtend) {
                  move.operation = MoveOperation::kZeroExtend;
                }
              }),
      InMoves("bytes extended from 16 bits", kExtendingArguments,
              [](Move& move, Isa) { move.value_bytes = 2; }),
      InMoves("half of a stacked argument copied", kAll,
              [](Move& move, Isa isa) {
                if (IsBetweenStacks(move, isa) && move.from_bytes == 8) {
                  move.from_bytes = move.to_bytes = 4;
                }
              }),
      InMoves("more written than a stacked argument's size", {Target::kA64Apple},
              [](Move& move, Isa) {
                if (!move.to.is_register()) move.to_bytes = 8;
              }),
      InMoves("a typed array passed as it is", kAll,
              [](Move& move, Isa) {
                if (move.operation == MoveOperation::kLoadData) {
                  move.operation = MoveOperation::kCopy;
                }
              }),
      InMoves("stacked arguments copied through a register that callees save", kAll,
              [](Move& move, Isa isa) {
                CopyThrough(isa == Isa::kX64 ? /*r12*/ General(12) : /*x20*/ General(20), move,
                            isa);
              }),
      InMoves("stacked arguments copied through x18", {Target::kA64Apple, Target::kA64Windows},
              [](Move& move, Isa isa) { CopyThrough(General(18), move, isa); }),
      InMoves("stacked arguments copied through an argument register", kAll,
              [](Move& move, Isa isa) {
                CopyThrough(isa == Isa::kX64 ? /*rdx*/ General(2) : /*x2*/ General(2), move, isa);
              }),
  };
}

// An instruction in front of all others.
Fault WithPrologue(std::string name, Targets targets, std::vector<uint8_t> bytes) {
  return InCode(std::move(name), std::move(targets),
                [bytes = std::move(bytes)](FaultyCode& emitted) {
                  emitted.code.insert(emitted.code.begin(), bytes.begin(), bytes.end());
                  emitted.callee_offset_bytes += static_cast<uint32_t>(bytes.size());
                });
}

// Replaces movss and movsd, between memory and register, by movups.
void CopySixteenBytes(FaultyCode& emitted) {
  constexpr uint8_t kIgnoredPrefix = 0x3E;
  for (size_t i = 0; i + 3 < emitted.code.size(); ++i) {
    if (emitted.code[i] != 0xF2 && emitted.code[i] != 0xF3) continue;
    const size_t opcode = emitted.code[i + 1] == 0x0F ? i + 1 : i + 2;
    if (emitted.code[opcode] == 0x0F && (emitted.code[opcode + 1] & 0xFE) == 0x10) {
      emitted.code[i] = kIgnoredPrefix;
    }
  }
}

// add x29, sp, #n becomes mov x9, x9.
void LeaveFramePointer(FaultyCode& emitted) {
  constexpr std::array<uint8_t, 4> kNothing = {0xE9, 0x03, 0x09, 0xAA};
  for (size_t i = 0; i + 12 <= emitted.code.size(); i += 4) {
    const bool is_add = (emitted.code[i] & 0x1F) == 29 && emitted.code[i + 3] == 0x91 &&
                        (emitted.code[i] >> 5 | (emitted.code[i + 1] & 3) << 3) == 31;
    if (is_add) std::copy(kNothing.begin(), kNothing.end(), &emitted.code[i]);
  }
}

// ldp x29, x30 becomes ldp x29, x1: the second register's number is in bits 10 to 14.
void LoseLinkRegister(FaultyCode& emitted) {
  for (size_t i = 0; i + 12 <= emitted.code.size(); i += 4) {
    const bool is_load_pair = emitted.code[i + 3] == 0xA9 || emitted.code[i + 3] == 0xA8;
    const bool is_load = (emitted.code[i + 2] & 0x40) != 0;
    if (is_load_pair && is_load) {
      emitted.code[i + 1] = static_cast<uint8_t>((emitted.code[i + 1] & ~0x7C) | 1 << 2);
    }
  }
}

// mov [rcx], rax or mov [rbx], rax becomes movups, from xmm0.
void StoreSixteenBytes(FaultyCode& emitted) {
  for (size_t i = 0; i + 3 <= emitted.code.size(); ++i) {
    const bool is_store = emitted.code[i] == 0x48 && emitted.code[i + 1] == 0x89 &&
                          (emitted.code[i + 2] == 0x01 || emitted.code[i + 2] == 0x03);
    if (is_store) {
      emitted.code[i] = 0x0F;
      emitted.code[i + 1] = 0x11;
    }
  }
}

std::vector<Fault> CodeFaults() {
  return {
      InCode("floats copied 16 bytes at a time", {Target::kX64Windows}, CopySixteenBytes),
      InCode("the callee's slot 4 bytes too early", kAll,
             [](FaultyCode& emitted) { emitted.callee_offset_bytes -= 4; }),
      InCode("the link register not restored", kA64, LoseLinkRegister),
      InCode("16 bytes stored in the out array", kX64, StoreSixteenBytes),
      // mov [rsp - 24], rsi; stur x1, [sp, #-24]
      WithPrologue("memory below the stack pointer written", kX64, {0x48, 0x89, 0x74, 0x24, 0xE8}),
      WithPrologue("memory below sp written", kA64, {0xE1, 0x83, 0x1E, 0xF8}),
      // mov [rsp + 4080], rsi; str x1, [sp, #4080]
      WithPrologue("memory above the incoming arguments written", kX64,
                   {0x48, 0x89, 0xB4, 0x24, 0xF0, 0x0F, 0x00, 0x00}),
      WithPrologue("memory above AArch64's incoming arguments written", kA64,
                   {0xE1, 0xFB, 0x07, 0xF9}),
      InCode("x29 not pointed to the frame record", kA64, LeaveFramePointer),
  };
}

}  // namespace

const std::vector<Fault>& Faults() {
  static const std::vector<Fault> faults = [] {
    std::vector<Fault> all;
    for (const std::vector<Fault>& group :
         {ConventionFaults(), LayoutFaults(), FrameFaults(), StepFaults(), CodeFaults()}) {
      all.insert(all.end(), group.begin(), group.end());
    }
    return all;
  }();
  return faults;
}

absl::StatusOr<FaultyCode> CompileWith(const Fault& fault, const CompileRequest& request) {
  const TargetInfo& target = Info(request.target);
  CallingConvention caller_convention = target.caller(request.profile);
  CallingConvention callee_convention = *target.callee;
  if (fault.conventions) fault.conventions(caller_convention, callee_convention);
  CallLayout caller = LayOutCaller(request.signature, caller_convention);
  CallLayout callee = LayOutCallee(request.signature, callee_convention);
  if (fault.layouts) fault.layouts(caller, callee);
  absl::StatusOr<ThunkPlan> plan =
      PlanThunk(caller, callee, request.signature.result(), Info(request.profile));
  if (!plan.ok()) return plan.status();
  if (fault.plan) fault.plan(*plan);
  const absl::StatusOr<EmittedCode> emitted =
      target.isa == Isa::kX64 ? EmitX64(*plan) : EmitA64(*plan);
  if (!emitted.ok()) return emitted.status();
  FaultyCode code = {CodeBytes(emitted->code.begin(), emitted->code.end()),
                     emitted->callee_offset_bytes};
  if (fault.code) fault.code(code);
  return code;
}

}  // namespace springboard
