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
void SetArgumentMove(const ArgumentLocation& from, const ArgumentLocation& to, StackArea area,
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

Move MakeLoadOutArray(Location out_array, const IsaInfo& isa) {
  return {MoveOperation::kLoadData,
          out_array,
          Location::InRegister(isa.preserved),
          8,
          8,
          0,
          isa.out_array};
}

Move MakeClear(Location location, const IsaInfo& isa) {
  return {MoveOperation::kClear, location, location, 8, 8, 0, isa.scratch};
}

// All that must happen before the call, in the order of the parameters. In a tail call the
// callee's stacked arguments take the place of the caller's: there `area` is kIncoming.
void CollectMoves(const CallLayout& caller, const CallLayout& callee, StackArea area,
                  ResultChange change, MoveList& moves) {
  const IsaInfo& isa = Info(callee.convention->isa);
  moves.clear();
  const Location receiver = caller.arguments.front().location;
  bool receiver_overwritten = false;
  for (size_t i = 0; i < callee.arguments.size(); ++i) {
    Move& move = moves.emplace_back();
    SetArgumentMove(caller.arguments[i + 1], callee.arguments[i], area, *callee.convention, move);
    receiver_overwritten |= move.to == receiver;
    if (DoesNothing(move)) moves.pop_back();
  }
  // The callee must never see a V8 heap pointer.
  if (!receiver_overwritten) moves.push_back(MakeClear(receiver, isa));
  if (change == ResultChange::kStore) {
    moves.push_back(MakeLoadOutArray(caller.arguments.back().location, isa));
  }
}

// Appends them in an order in which they may happen; false, and nothing, if there is none. Each
// thread keeps the memory of the moves.
bool AppendMoves(const CallLayout& caller, const CallLayout& callee, StackArea area,
                 ResultChange change, std::vector<Step>& steps) {
  static thread_local MoveList moves;
  const CallingConvention& convention = *callee.convention;
  CollectMoves(caller, callee, area, change, moves);
  if (!OrderMoves(moves, {Info(convention.isa).cycle_scratch, convention.vector_cycle_scratch})) {
    return false;
  }
  SplitStackCopies(moves, Info(convention.isa));
  steps.insert(steps.end(), moves.begin(), moves.end());
  return true;
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

  std::string operator()(EnterFrame) const { return "enter frame"; }
  std::string operator()(const Move& move) const { return DescribeMove(move, isa); }
  std::string operator()(CallCallee) const { return "call"; }
  std::string operator()(const ExtendResult& step) const {
    return absl::StrCat("extend result from ", Info(step.type).name);
  }
  std::string operator()(StoreResult) const { return "store result"; }
  std::string operator()(LeaveFrame) const { return "leave frame"; }
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
  if (change == ResultChange::kNone && FitsIncomingArea(caller, callee) &&
      AppendMoves(caller, callee, StackArea::kIncoming, change, plan.steps)) {
    plan.frame = LayOutTailCall(caller, callee);
    plan.steps.emplace_back(TailCallCallee());
    return absl::OkStatus();
  }

  plan.frame = LayOutFrame(caller, callee, change == ResultChange::kStore);
  plan.steps.emplace_back(EnterFrame());
  if (!AppendMoves(caller, callee, StackArea::kOutgoing, change, plan.steps)) {
    return MakeError(absl::StatusCode::kInternal, reason::kCompilerDefect, "",
                     "the argument moves have no order");
  }
  plan.steps.emplace_back(CallCallee());
  if (change == ResultChange::kExtend) plan.steps.emplace_back(ExtendResult{result});
  if (change == ResultChange::kStore) plan.steps.emplace_back(StoreResult());
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
