#include "compiler/parallel_move.h"

#include <algorithm>
#include <array>
#include <cstddef>

// Every register and every byte of the incoming area is a unit; a unit counts the pending moves
// that read it. A move is safe once no *other* pending move reads a unit of its destination.
//
// Each pass emits the safe moves in the order given. A pass that emits none has found only
// cycles: then the first pending move's source is saved into a scratch register, which frees the
// units of that source. Among registers and whole slots a unit has one writer, so the cycle's
// other moves follow one by one until the saved value is due, and the scratch register is free
// for the next cycle. Partly overlapping ranges can need a second one: then there is no order.

namespace springboard {
namespace {

constexpr size_t kRegisterUnits = 64;
constexpr size_t kUnits = kRegisterUnits + kMaxOrderedStackBytes;

struct UnitRange {
  size_t begin;
  size_t end;
};

UnitRange Units(Location location, uint8_t bytes) {
  if (location.is_register()) {
    const Register reg = location.reg();
    const size_t unit = reg.number + (reg.register_class == RegisterClass::kVector ? 32 : 0);
    return {unit, unit + 1};
  }
  // Nothing reads the outgoing area while moves are pending.
  if (location.area() == StackArea::kOutgoing) return {0, 0};
  const size_t begin = kRegisterUnits + location.offset_bytes();
  return {begin, begin + bytes};
}

UnitRange Sources(const Move& move) {
  if (move.operation == MoveOperation::kClear) return {0, 0};
  return Units(move.from, move.from_bytes);
}

class Orderer {
 public:
  // Takes `moves` in no order to an order in `ordered`, which is empty before.
  Orderer(MoveList& moves, MoveList& ordered, const CycleScratch& scratch)
      : pending_(moves), ordered_(ordered), scratch_(scratch) {
    std::fill_n(readers_.begin(), UsedUnits(moves), uint16_t{0});
    for (const Move& move : moves) CountReads(move, +1);
  }

  bool Run() {
    if (AreSafeAsGiven()) return true;
    while (!pending_.empty()) {
      const size_t before = pending_.size();
      EmitSafe();
      if (pending_.size() == before && !BreakCycle()) return false;
    }
    pending_.swap(ordered_);
    return true;
  }

 private:
  // How many units there are up to the last that a move names: most name registers alone.
  static size_t UsedUnits(const MoveList& moves) {
    size_t used = kRegisterUnits;
    for (const Move& move : moves) {
      used = std::max({used, Sources(move).end, Units(move.to, move.to_bytes).end});
    }
    return used;
  }

  void CountReads(const Move& move, int change) {
    const UnitRange units = Sources(move);
    for (size_t unit = units.begin; unit < units.end; ++unit) {
      readers_[unit] = static_cast<uint16_t>(readers_[unit] + change);
    }
  }

  bool IsSafe(const Move& move) const {
    const UnitRange own = Sources(move);
    const UnitRange written = Units(move.to, move.to_bytes);
    for (size_t unit = written.begin; unit < written.end; ++unit) {
      const bool reads_itself = unit >= own.begin && unit < own.end;
      if (readers_[unit] > (reads_itself ? 1 : 0)) return false;
    }
    return true;
  }

  // Most are. Counts the reads of those up to the first that is not as done, and then as pending
  // again.
  bool AreSafeAsGiven() {
    size_t done = 0;
    while (done < pending_.size() && IsSafe(pending_[done])) CountReads(pending_[done++], -1);
    if (done == pending_.size()) return true;
    while (done > 0) CountReads(pending_[--done], +1);
    return false;
  }

  void EmitSafe() {
    size_t kept = 0;
    for (size_t i = 0; i < pending_.size(); ++i) {
      const Move move = pending_[i];
      if (IsSafe(move)) {
        CountReads(move, -1);
        ordered_.push_back(move);
      } else {
        pending_[kept++] = move;
      }
    }
    pending_.erase(pending_.begin() + static_cast<ptrdiff_t>(kept), pending_.end());
  }

  // Saves the source of the first pending move whose scratch register is free.
  bool BreakCycle() {
    for (Move& move : pending_) {
      if (move.operation == MoveOperation::kClear) continue;
      const bool is_vector = move.to.is_register(RegisterClass::kVector) ||
                             move.from.is_register(RegisterClass::kVector);
      const Location saved = Location::InRegister(is_vector ? scratch_.vector : scratch_.general);
      const UnitRange unit = Units(saved, 0);
      if (readers_[unit.begin] > 0) continue;
      ordered_.push_back(
          {MoveOperation::kCopy, move.from, saved, move.from_bytes, move.from_bytes, 0, move.via});
      CountReads(move, -1);
      move.from = saved;
      CountReads(move, +1);
      return true;
    }
    return false;
  }

  std::array<uint16_t, kUnits> readers_;  // Set up to UsedUnits().
  MoveList& pending_;
  MoveList& ordered_;
  const CycleScratch& scratch_;
};

}  // namespace

bool OrderMoves(MoveList& moves, const CycleScratch& scratch) {
  // Its memory is used again by the next call of the thread.
  static thread_local MoveList ordered;
  ordered.clear();
  return Orderer(moves, ordered, scratch).Run();
}

}  // namespace springboard
