#include "compiler/stack_copies.h"

#include <algorithm>

// Moves that read the stack wait until as many are together as there are registers for copies; then
// all are loaded, arrays followed to their data, and all are stored. Others go ahead of them.
//
// That is safe. The moves that wait read the stack alone, and none of them reads what another one
// writes: in the order given, each would have read what was there at the start. One that goes ahead
// neither reads a register that is written late, nor writes to the stack, else it waits for them.
//
// Where neighbours are widened to V8's whole slots, what is above an argument in its slot is read
// too, and stored nowhere. It is V8's still: no callee's argument ends behind the slot that it
// comes from, and moves from stack to stack are in ascending order.

namespace springboard {
namespace {

constexpr uint8_t kSlotBytes = 8;

bool ReadsStack(const Move& move) {
  return move.operation != MoveOperation::kClear && !move.from.is_register();
}

// The memory of its lists, which the next of the thread uses again.
struct Lists {
  MoveList loads;
  MoveList data;
  MoveList stores;
};

class Splitter {
 public:
  Splitter(Lists& lists, const IsaInfo& isa, std::vector<Step>& steps)
      : steps_(steps), isa_(isa), loads_(lists.loads), data_(lists.data), stores_(lists.stores) {
    for (MoveList* const list : {&loads_, &data_, &stores_}) list->clear();
  }

  void Add(const Move& move) {
    if (ReadsStack(move)) {
      if (!move.to.is_register() && stores_.size() == isa_.copies) Flush();
      Wait(move);
      return;
    }
    if (MustFollow(move)) Flush();
    steps_.emplace_back(move);
  }

  void Flush() {
    WidenNeighbours();
    for (MoveList* const list : {&loads_, &data_, &stores_}) {
      steps_.insert(steps_.end(), list->begin(), list->end());
      list->clear();
    }
    loaded_registers_ = 0;
  }

 private:
  bool MustFollow(const Move& move) const {
    return !move.to.is_register() || (loaded_registers_ & (Bit(move.to) | Bit(move.from))) != 0;
  }

  static uint64_t Bit(Location in_register) { return uint64_t{1} << in_register.reg().index(); }

  void Wait(const Move& move) {
    Move load = move;
    if (!move.to.is_register()) {
      load.to =
          Location::InRegister(General(static_cast<uint8_t>(isa_.first_copy + stores_.size())));
      load.to_bytes = std::max(move.from_bytes, move.to_bytes);
      stores_.push_back(
          {MoveOperation::kCopy, load.to, move.to, move.to_bytes, move.to_bytes, 0, move.via});
    }
    if (move.operation == MoveOperation::kLoadData) {
      data_.push_back(load);
      data_.back().from = load.to;
      load.operation = MoveOperation::kCopy;
    }
    loads_.push_back(load);
    loaded_registers_ |= Bit(load.to);
  }

  // What is loaded from V8's slots beside each other may be loaded by one instruction if all of
  // both slots is: what is above an argument in its slot is of no concern where it goes.
  void WidenNeighbours() {
    for (size_t i = 1; i < loads_.size(); ++i) {
      Move& first = loads_[i - 1];
      Move& second = loads_[i];
      if (!IsSlotCopy(first) || !IsSlotCopy(second) ||
          second.from.offset_bytes() != first.from.offset_bytes() + kSlotBytes) {
        continue;
      }
      first.from_bytes = first.to_bytes = second.from_bytes = second.to_bytes = kSlotBytes;
    }
  }

  static bool IsSlotCopy(const Move& load) {
    return load.operation == MoveOperation::kCopy && load.to.is_register(RegisterClass::kGeneral) &&
           load.from.area() == StackArea::kIncoming;
  }

  std::vector<Step>& steps_;
  const IsaInfo& isa_;
  MoveList& loads_;
  MoveList& data_;
  MoveList& stores_;
  uint64_t loaded_registers_ = 0;  // By all of loads_.
};

}  // namespace

void AppendWithSplitCopies(const MoveList& moves, const IsaInfo& isa, std::vector<Step>& steps) {
  if (isa.copies == 0 || std::none_of(moves.begin(), moves.end(), ReadsStack)) {
    steps.insert(steps.end(), moves.begin(), moves.end());
    return;
  }
  static thread_local Lists lists;
  Splitter splitter(lists, isa, steps);
  for (const Move& move : moves) splitter.Add(move);
  splitter.Flush();
}

}  // namespace springboard
