#include "compiler/parallel_move.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

// Most moves may happen in the order given, which takes one look at each of them, from the last to
// the first. Where that does not show it, every register and every byte of the incoming area is a
// unit; a unit counts the pending moves that read it. A move is safe once no *other* pending move
// reads a unit of its destination.
//
// Each pass emits the safe moves in the order given. A pass that emits none has found only
// cycles: then the first pending move's source is saved into a scratch register, which frees the
// units of that source. Among registers and whole slots a unit has one writer, so the cycle's
// other moves follow one by one until the saved value is due, and the scratch register is free
// for the next cycle. Partly overlapping ranges can need a second one: then there is no order.

namespace springboard {
namespace {

constexpr size_t kMaxMoveBytes = 8;
constexpr size_t kUnits = kRegisterIndices + kMaxOrderedStackBytes;

// The counts of up to eight units beside each other, as they are in memory.
using Counts = uint64_t;
static_assert(sizeof(Counts) == kMaxMoveBytes);
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first count is the lowest");

// What a move reads or writes.
struct UnitRange {
  size_t begin;
  size_t size;  // Up to eight.

  size_t end() const { return begin + size; }
  // All bits of each count.
  Counts mask() const { return size == 0 ? 0 : ~Counts{0} >> (8 * (kMaxMoveBytes - size)); }
  // One in each count.
  Counts ones() const { return mask() & 0x0101010101010101; }
};

UnitRange Units(Location location, uint8_t bytes) {
  if (location.is_register()) return {location.reg().index(), 1};
  // Nothing reads the outgoing area while moves are pending.
  if (location.area() == StackArea::kOutgoing) return {0, 0};
  return {kRegisterIndices + location.offset_bytes(), bytes};
}

UnitRange Sources(const Move& move) {
  if (move.operation == MoveOperation::kClear) return {0, 0};
  return Units(move.from, move.from_bytes);
}

UnitRange Destinations(const Move& move) { return Units(move.to, move.to_bytes); }

// How often the units of `range`, beginning with its first, are in `other`.
Counts Shared(const UnitRange& range, const UnitRange& other) {
  if (other.begin >= range.end() || range.begin >= other.end()) return 0;
  const Counts ones = other.begin >= range.begin
                          ? other.ones() << (8 * (other.begin - range.begin))
                          : other.ones() >> (8 * (range.begin - other.begin));
  return ones & range.mask();
}

// Whether it is plain that no move overwrites what a later one reads: of the stack, nothing between
// the lowest and the highest byte that later ones read.
bool IsInOrder(const MoveList& moves) {
  uint64_t registers_read = 0;
  uint32_t stack_read_begin = kMaxOrderedStackBytes;
  uint32_t stack_read_end = 0;
  for (auto move = moves.rbegin(); move != moves.rend(); ++move) {
    if (move->to.is_register()) {
      if ((registers_read >> move->to.reg().index() & 1) != 0) return false;
    } else if (move->to.area() == StackArea::kIncoming) {
      const uint32_t begin = move->to.offset_bytes();
      if (begin < stack_read_end && begin + move->to_bytes > stack_read_begin) return false;
    }
    if (move->operation == MoveOperation::kClear) continue;
    if (move->from.is_register()) {
      registers_read |= uint64_t{1} << move->from.reg().index();
    } else {
      const uint32_t begin = move->from.offset_bytes();
      stack_read_begin = std::min(stack_read_begin, begin);
      stack_read_end = std::max(stack_read_end, begin + move->from_bytes);
    }
  }
  return true;
}

class Orderer {
 public:
  Orderer(MoveList& moves, const CycleScratch& scratch) : moves_(moves), scratch_(scratch) {
    size_t used = kRegisterIndices;
    for (const Move& move : moves_) {
      used = std::max({used, Sources(move).end(), Destinations(move).end()});
    }
    std::memset(readers_.data(), 0, used + kMaxMoveBytes);
    for (const Move& move : moves_) StartReading(Sources(move));
  }

  // Whether there is an order: then the moves have it.
  bool Run() {
    while (ordered_ < moves_.size()) {
      const size_t before = ordered_;
      EmitSafe();
      if (ordered_ == before && !BreakCycle()) return false;
    }
    return true;
  }

 private:
  Counts Load(const UnitRange& units) const {
    Counts counts;
    std::memcpy(&counts, &readers_[units.begin], sizeof(counts));
    return counts;
  }
  void Store(const UnitRange& units, Counts counts) {
    std::memcpy(&readers_[units.begin], &counts, sizeof(counts));
  }
  void StartReading(const UnitRange& units) { Store(units, Load(units) + units.ones()); }
  void StopReading(const UnitRange& units) { Store(units, Load(units) - units.ones()); }

  bool IsSafe(const Move& move, const UnitRange& sources) const {
    const UnitRange written = Destinations(move);
    return (Load(written) & written.mask()) == Shared(written, sources);
  }

  void EmitSafe() {
    for (size_t i = ordered_; i < moves_.size(); ++i) {
      const UnitRange sources = Sources(moves_[i]);
      if (!IsSafe(moves_[i], sources)) continue;
      StopReading(sources);
      // The pending ones before it keep their order.
      const auto move = moves_.begin() + static_cast<ptrdiff_t>(i);
      std::rotate(moves_.begin() + static_cast<ptrdiff_t>(ordered_), move, move + 1);
      ++ordered_;
    }
  }

  // Saves the source of the first pending move whose scratch register is free.
  bool BreakCycle() {
    for (size_t i = ordered_; i < moves_.size(); ++i) {
      Move& move = moves_[i];
      if (move.operation == MoveOperation::kClear) continue;
      const bool is_vector = move.to.is_register(RegisterClass::kVector) ||
                             move.from.is_register(RegisterClass::kVector);
      const Location saved = Location::InRegister(is_vector ? scratch_.vector : scratch_.general);
      const UnitRange unit = Units(saved, 0);
      if (readers_[unit.begin] > 0) continue;
      const Move save = {MoveOperation::kCopy, move.from, saved,   move.from_bytes,
                         move.from_bytes,      0,         move.via};
      StopReading(Sources(move));
      move.from = saved;
      StartReading(unit);
      moves_.insert(moves_.begin() + static_cast<ptrdiff_t>(ordered_), save);
      ++ordered_;
      return true;
    }
    return false;
  }

  // Only as much is set as the moves name: the table is larger than what most need to be ordered.
  std::array<uint8_t, kUnits + kMaxMoveBytes> readers_;
  MoveList& moves_;  // First those in order, then the pending ones.
  size_t ordered_ = 0;
  const CycleScratch scratch_;
};

}  // namespace

bool OrderMoves(MoveList& moves, const CycleScratch& scratch) {
  return IsInOrder(moves) || Orderer(moves, scratch).Run();
}

}  // namespace springboard
