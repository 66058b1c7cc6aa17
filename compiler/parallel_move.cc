#include "compiler/parallel_move.h"

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
  Orderer(absl::Span<const Move> moves, const CycleScratch& scratch)
      : pending_(moves.begin(), moves.end()), scratch_(scratch) {
    ordered_.reserve(moves.size());
    for (const Move& move : moves) CountReads(move, +1);
  }

  std::optional<MoveList> Run() && {
    while (!pending_.empty()) {
      const size_t before = pending_.size();
      EmitSafe();
      if (pending_.size() == before && !BreakCycle()) return std::nullopt;
    }
    return std::move(ordered_);
  }

 private:
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

  std::array<uint16_t, kUnits> readers_ = {};
  MoveList pending_;
  MoveList ordered_;
  const CycleScratch scratch_;
};

}  // namespace

std::optional<MoveList> OrderMoves(absl::Span<const Move> moves, const CycleScratch& scratch) {
  return Orderer(moves, scratch).Run();
}

}  // namespace springboard
