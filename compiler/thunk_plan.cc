#include "compiler/thunk_plan.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "compiler/error_details.h"
#include "compiler/fast_api.h"
#include "compiler/stack_copies.h"

namespace springboard {
namespace {

// What becomes of a result after the call.
enum class ResultChange : uint8_t { kNone, kExtend, kStore };

ResultChange ChangeOf(NativeType result, const CallingConvention& callee) {
  if (NeedsOutArray(result)) return ResultChange::kStore;
  // V8 masks a bool itself.
  const bool extend = Info(result).is_narrow() && result != NativeType::kBool &&
                      callee.narrow_results == NarrowIntegers::kGarbage;
  return extend ? ResultChange::kExtend : ResultChange::kNone;
}

// Fills in a move where it stays: copies of half-filled ones cost more than all the rest.
[[gnu::always_inline]] inline void SetArgumentMove(const ArgumentLocation& from,
                                                   const ArgumentLocation& to, StackArea area,
                                                   const CallingConvention& callee, Move& move) {
  const NativeTypeInfo& type = Info(to.type);
  move.operation = MoveOperation::kCopy;
  move.from = from.location;
  move.to =
      to.location.is_register() ? to.location : Location::OnStack(area, to.location.offset_bytes());
  move.from_bytes = from.container_bytes;
  move.to_bytes = to.container_bytes;
  move.value_bytes = 0;
  move.via = Info(callee.isa).scratch;
  if (to.type == NativeType::kBuffer) {
    move.operation = MoveOperation::kLoadData;
    if (to.location.is_register()) move.via = to.location.reg();
  } else if (to.is_extended && to.container_bytes > type.size_bytes) {
    move.operation = type.is_signed ? MoveOperation::kSignExtend : MoveOperation::kZeroExtend;
    move.from_bytes = move.value_bytes = type.size_bytes;
  }
}

bool DoesNothing(const Move& move) {
  return move.operation == MoveOperation::kCopy && move.from == move.to;
}

Move MakeLoadData(Location array, Location to, Register via) {
  return {MoveOperation::kLoadData, array, to, 8, 8, 0, via};
}

Move MakeCopy(Location from, Location to, Register via) {
  return {MoveOperation::kCopy, from, to, 8, 8, 0, via};
}

Location KeptWord(const FrameLayout& frame) {
  return Location::OnStack(
      StackArea::kOutgoing,
      static_cast<uint16_t>(frame.kept_offset_bytes - frame.outgoing_offset_bytes));
}

Move MakeClear(Location location, const IsaInfo& isa) {
  return {MoveOperation::kClear, location, location, 8, 8, 0, isa.scratch};
}

// Which arguments of a call a step is for: those that a frame pushes have steps of their own.
enum class Arguments : uint8_t { kAll, kInRegisters };

// All that must happen before the call at once, in the order of the parameters. In a tail call the
// callee's stacked arguments take the place of the caller's: there `area` is kIncoming.
void CollectMoves(const CallLayout& caller, const CallLayout& callee, StackArea area,
                  Arguments which, MoveList& moves) {
  const IsaInfo& isa = Info(callee.convention->isa);
  const Location receiver = caller.arguments.front().location;
  bool receiver_overwritten = false;
  for (size_t i = 0; i < callee.arguments.size(); ++i) {
    const ArgumentLocation& to = callee.arguments[i];
    if (which == Arguments::kInRegisters && !to.location.is_register()) continue;
    Move& move = moves.emplace_back();
    SetArgumentMove(caller.arguments[i + 1], to, area, *callee.convention, move);
    receiver_overwritten |= move.to == receiver;
    if (DoesNothing(move)) moves.pop_back();
  }
  // The callee must never see a V8 heap pointer.
  if (!receiver_overwritten) moves.push_back(MakeClear(receiver, isa));
}

// Appends `moves`, which change, in an order in which they may happen; false, and nothing, if there
// is none.
bool AppendInOrder(const CallingConvention& convention, MoveList& moves, std::vector<Step>& steps) {
  const IsaInfo& isa = Info(convention.isa);
  if (!OrderMoves(moves, {isa.cycle_scratch, convention.vector_cycle_scratch})) return false;
  AppendWithSplitCopies(moves, isa, steps);
  return true;
}

// Each thread keeps the memory of the moves.
MoveList& EmptyMoves() {
  static thread_local MoveList moves;
  moves.clear();
  return moves;
}

// The last argument is pushed first. All are read from V8's stack, before anything is written
// there: no push destroys what another one reads.
void AppendPushes(const CallLayout& caller, const CallLayout& callee, std::vector<Step>& steps) {
  for (size_t i = callee.arguments.size(); i-- > 0;) {
    const ArgumentLocation& to = callee.arguments[i];
    if (to.location.is_register()) continue;
    SetArgumentMove(caller.arguments[i + 1], to, StackArea::kOutgoing, *callee.convention,
                    std::get<Push>(steps.emplace_back(Push())).move);
  }
}

// Keeps the out array, which is in a register, across the call: with a step, or a move among
// others.
void KeepOutArray(Location out_array, const CallingConvention& callee, const FrameLayout& frame,
                  std::vector<Step>& steps, MoveList& moves) {
  const Register via = Info(callee.isa).scratch;
  const Move keep = MakeLoadData(out_array, KeptWord(frame), via);
  switch (callee.out_array_keeper) {
    case OutArrayKeeper::kFrame:
      moves.push_back(keep);
      break;
    case OutArrayKeeper::kPushed:
      steps.emplace_back(Push{keep});
      break;
    case OutArrayKeeper::kCalleeRegister: {
      const Location preserved = Location::InRegister(callee.preserved);
      steps.emplace_back(Push{MakeCopy(preserved, KeptWord(frame), via)});
      moves.push_back(MakeLoadData(out_array, preserved, callee.preserved));
      break;
    }
  }
}

// All that happens up to the call in a frame; false if the moves have no order.
bool AppendFramedCall(const CallLayout& caller, const CallLayout& callee, const FrameLayout& frame,
                      std::vector<Step>& steps) {
  MoveList& moves = EmptyMoves();
  if (frame.keeps_word) {
    KeepOutArray(caller.arguments.back().location, *callee.convention, frame, steps, moves);
  }
  if (frame.pushes_arguments) {
    if (frame.padding_bytes > 0) steps.emplace_back(PushPadding());
    AppendPushes(caller, callee, steps);
  }
  steps.emplace_back(EnterFrame());
  CollectMoves(caller, callee, StackArea::kOutgoing,
               frame.pushes_arguments ? Arguments::kInRegisters : Arguments::kAll, moves);
  if (!AppendInOrder(*callee.convention, moves, steps)) return false;
  steps.emplace_back(CallCallee());
  return true;
}

// What follows the call where the result goes to the out array.
void AppendStoreAndReturn(const CallLayout& caller, const CallLayout& callee,
                          const FrameLayout& frame, std::vector<Step>& steps) {
  const CallingConvention& convention = *callee.convention;
  const Register pointer = Info(convention.isa).out_array;
  const Location to = Location::InRegister(pointer);
  if (!frame.keeps_word) {
    steps.emplace_back(MakeLoadData(caller.arguments.back().location, to, pointer));
    steps.emplace_back(StoreResult{pointer});
    steps.emplace_back(LeaveFrame());
  } else if (convention.out_array_keeper == OutArrayKeeper::kFrame) {
    steps.emplace_back(MakeCopy(KeptWord(frame), to, pointer));
    steps.emplace_back(StoreResult{pointer});
    steps.emplace_back(LeaveFrame());
  } else if (convention.out_array_keeper == OutArrayKeeper::kPushed) {
    steps.emplace_back(LeaveFrameAndPop{pointer});
    steps.emplace_back(StoreResult{pointer});
  } else {
    steps.emplace_back(StoreResult{convention.preserved});
    steps.emplace_back(LeaveFrameAndPop{convention.preserved});
  }
  steps.emplace_back(Return());
}

// True if the callee's arguments fit where the caller put its own, so that a tail call may
// overwrite those.
bool FitsIncomingArea(const CallLayout& caller, const CallLayout& callee) {
  return callee.stack_bytes <= caller.stack_bytes &&
         callee.convention->shadow_bytes == caller.convention->shadow_bytes;
}

std::string DescribeMove(const Move& move, Isa isa) {
  const std::string to = ToString(isa, move.to);
  if (move.operation == MoveOperation::kClear) return absl::StrCat(to, " = 0");
  std::string from = ToString(isa, move.from);
  if (!move.from.is_register() && !move.to.is_register()) {
    absl::StrAppend(&from, " via ", RegisterName(isa, move.via));
  }
  if (move.operation == MoveOperation::kLoadData) return absl::StrCat(to, " = data of ", from);
  if (move.operation == MoveOperation::kCopy) {
    return absl::StrCat(to, " = copy", std::min(move.from_bytes, move.to_bytes) * 8, " ", from);
  }
  const bool is_signed = move.operation == MoveOperation::kSignExtend;
  return absl::StrCat(to, is_signed ? " = sign_extend" : " = zero_extend", move.value_bytes * 8,
                      " ", from);
}

struct DescribeStep {
  Isa isa;

  std::string operator()(const Push& push) const {
    return absl::StrCat("push ", DescribeMove(push.move, isa));
  }
  std::string operator()(PushPadding) const { return "push padding"; }
  std::string operator()(EnterFrame) const { return "enter frame"; }
  std::string operator()(const Move& move) const { return DescribeMove(move, isa); }
  std::string operator()(CallCallee) const { return "call"; }
  std::string operator()(const ExtendResult& step) const {
    return absl::StrCat("extend result from ", Info(step.type).name);
  }
  std::string operator()(StoreResult step) const {
    return absl::StrCat("store result at ", RegisterName(isa, step.pointer));
  }
  std::string operator()(LeaveFrame) const { return "leave frame"; }
  std::string operator()(LeaveFrameAndPop step) const {
    return absl::StrCat("leave frame, pop ", RegisterName(isa, step.to));
  }
  std::string operator()(Return) const { return "return"; }
  std::string operator()(TailCallCallee) const { return "tail call"; }
};

}  // namespace

absl::Status PlanThunkInto(const CallLayout& caller, const CallLayout& callee, NativeType result,
                           const CallerProfileInfo& profile, ThunkPlan& plan) {
  const CallingConvention& convention = *callee.convention;
  const ResultChange change = ChangeOf(result, convention);
  plan.callee = &convention;
  plan.typed_array_data_offset_bytes = profile.typed_array_data_offset_bytes;
  plan.steps.clear();
  if (change == ResultChange::kNone && FitsIncomingArea(caller, callee)) {
    MoveList& moves = EmptyMoves();
    CollectMoves(caller, callee, StackArea::kIncoming, Arguments::kAll, moves);
    if (AppendInOrder(convention, moves, plan.steps)) {
      plan.frame = LayOutTailCall(caller, callee);
      plan.steps.emplace_back(TailCallCallee());
      return absl::OkStatus();
    }
  }

  const bool keeps_out_array =
      change == ResultChange::kStore && caller.arguments.back().location.is_register();
  plan.frame = LayOutFrame(caller, callee, /*keeps_word=*/keeps_out_array);
  if (!AppendFramedCall(caller, callee, plan.frame, plan.steps)) {
    return MakeError(absl::StatusCode::kInternal, reason::kCompilerDefect, "",
                     "the argument moves have no order");
  }
  if (change == ResultChange::kStore) {
    AppendStoreAndReturn(caller, callee, plan.frame, plan.steps);
    return absl::OkStatus();
  }
  if (change == ResultChange::kExtend) plan.steps.emplace_back(ExtendResult{result});
  plan.steps.emplace_back(LeaveFrame());
  plan.steps.emplace_back(Return());
  return absl::OkStatus();
}

absl::StatusOr<ThunkPlan> PlanThunk(const CallLayout& caller, const CallLayout& callee,
                                    NativeType result, const CallerProfileInfo& profile) {
  absl::StatusOr<ThunkPlan> plan(absl::in_place);
  const absl::Status planned = PlanThunkInto(caller, callee, result, profile, *plan);
  if (!planned.ok()) return planned;
  return plan;
}

std::string ThunkPlan::ToString() const {
  std::string text = frame.ToString();
  for (const Step& step : steps) {
    absl::StrAppend(&text, "  ", std::visit(DescribeStep{callee->isa}, step), "\n");
  }
  return text;
}

}  // namespace springboard
