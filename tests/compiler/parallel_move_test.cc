// The order of moves against an abstract interpreter, which knows nothing of how it is found.

#include "compiler/parallel_move.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <vector>

#include "tests/fuzz/move_interpreter.h"

namespace springboard {
namespace {

constexpr CycleScratch kScratch = {General(11), Vector(11)};
constexpr Register kVia = General(10);

Location Reg(uint8_t number) { return Location::InRegister(General(number)); }
Location Slot(uint16_t offset) { return Location::OnStack(StackArea::kIncoming, offset); }
Move Copy(Location to, Location from) { return {MoveOperation::kCopy, from, to, 8, 8, 0, kVia}; }

TEST(ParallelMoveTest, KeepsASafeOrder) {
  const std::vector<Move> moves = {Copy(Reg(7), Reg(6)), Copy(Reg(6), Reg(2)),
                                   Copy(Reg(2), Slot(0)), Copy(Slot(0), Slot(8))};
  const std::optional<MoveList> ordered = Ordered(moves, kScratch);
  ASSERT_TRUE(ordered.has_value());
  EXPECT_EQ(std::vector<Move>(ordered->begin(), ordered->end()), moves);
}

TEST(ParallelMoveTest, PutsReadersBeforeWriters) {
  const std::vector<Move> moves = {Copy(Reg(2), Reg(1)), Copy(Reg(3), Reg(2)),
                                   Copy(Reg(4), Reg(3))};
  const std::optional<MoveList> ordered = Ordered(moves, kScratch);
  ASSERT_TRUE(ordered.has_value());
  EXPECT_EQ(FindWrongMove(moves, *ordered, kScratch), "");
  EXPECT_EQ(ordered->size(), 3u) << "a chain needs no scratch register";
}

TEST(ParallelMoveTest, BreaksCyclesWithOneScratchMoveEach) {
  const std::vector<Move> moves = {Copy(Reg(1), Reg(2)), Copy(Reg(2), Reg(1)),
                                   Copy(Slot(0), Slot(8)), Copy(Slot(8), Slot(16)),
                                   Copy(Slot(16), Slot(0))};
  const std::optional<MoveList> ordered = Ordered(moves, kScratch);
  ASSERT_TRUE(ordered.has_value());
  EXPECT_EQ(FindWrongMove(moves, *ordered, kScratch), "");
  EXPECT_EQ(ordered->size(), moves.size() + 2);
}

TEST(ParallelMoveTest, AMoveOntoItselfIsNoCycle) {
  const std::vector<Move> moves = {{MoveOperation::kSignExtend, Slot(0), Slot(0), 1, 4, 1, kVia}};
  const std::optional<MoveList> ordered = Ordered(moves, kScratch);
  ASSERT_TRUE(ordered.has_value());
  EXPECT_EQ(ordered->size(), 1u);
}

TEST(ParallelMoveTest, NoOrderWhereTwoScratchRegistersWouldBeNeeded) {
  const auto half = [](uint16_t to, uint16_t from) {
    return Move{MoveOperation::kCopy, Slot(from), Slot(to), 4, 4, 0, kVia};
  };
  // Whichever half is saved first, the other still blocks the whole slot, which blocks it.
  const std::vector<Move> moves = {half(8, 0), half(12, 4), Copy(Slot(0), Slot(8))};
  const std::optional<MoveList> ordered = Ordered(moves, kScratch);
  EXPECT_FALSE(ordered.has_value());
}

class RandomMoves {
 public:
  explicit RandomMoves(bool whole_slots) : whole_slots_(whole_slots) {}

  std::vector<Move> Next() {
    taken_.fill(false);
    registers_taken_ = {};
    std::vector<Move> moves;
    for (uint32_t left = Below(14); left > 0; --left) moves.push_back(NextMove());
    return moves;
  }

 private:
  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>(random_() % bound); }

  Location AnyRegister() {
    const uint8_t number = static_cast<uint8_t>(Below(6));
    return Location::InRegister(Below(2) == 0 ? General(number) : Vector(number));
  }

  Location AnySlot(uint32_t bytes) {
    const uint32_t unit = whole_slots_ ? 8 : bytes;
    return Slot(static_cast<uint16_t>(unit * Below(kStackBytes / unit)));
  }

  uint8_t AnyBytes() { return static_cast<uint8_t>(whole_slots_ ? 8u : 1u << Below(4)); }

  // A destination that no earlier move has.
  Location FreeDestination(uint8_t bytes) {
    while (true) {
      const Location location = Below(2) == 0 ? AnyRegister() : AnySlot(bytes);
      if (location.is_register()) {
        const Register reg = location.reg();
        bool& taken = registers_taken_[static_cast<size_t>(reg.register_class)][reg.number];
        if (taken) continue;
        taken = true;
        return location;
      }
      const auto begin = taken_.begin() + location.offset_bytes();
      if (std::find(begin, begin + bytes, true) != begin + bytes) continue;
      std::fill(begin, begin + bytes, true);
      return location;
    }
  }

  Move NextMove() {
    const uint8_t to_bytes = AnyBytes();
    const uint8_t from_bytes = AnyBytes();
    const Location to = FreeDestination(to_bytes);
    const Location from = Below(2) == 0 ? AnyRegister() : AnySlot(from_bytes);
    const uint32_t kind = Below(8);
    if (kind == 0) return {MoveOperation::kClear, to, to, to_bytes, to_bytes, 0, kVia};
    if (kind == 1 && from_bytes == 8) {
      return {MoveOperation::kLoadData, from, to, 8, to_bytes, 0, kVia};
    }
    if (kind == 2 && to_bytes >= 4) {
      return {MoveOperation::kSignExtend, from, to, 2, to_bytes, 2, kVia};
    }
    return {MoveOperation::kCopy, from, to, from_bytes, to_bytes, 0, kVia};
  }

  static constexpr uint32_t kStackBytes = 64;

  const bool whole_slots_;
  std::mt19937 random_{7};
  std::array<bool, kStackBytes> taken_ = {};
  std::array<std::array<bool, 6>, 2> registers_taken_ = {};
};

TEST(ParallelMoveTest, RandomWholeSlotsAlwaysHaveAnOrder) {
  RandomMoves random(/*whole_slots=*/true);
  for (int i = 0; i < 20000; ++i) {
    const std::vector<Move> moves = random.Next();
    const std::optional<MoveList> ordered = Ordered(moves, kScratch);
    ASSERT_TRUE(ordered.has_value()) << DescribeMoves(moves);
    ASSERT_EQ(FindWrongMove(moves, *ordered, kScratch), "");
  }
}

TEST(ParallelMoveTest, RandomOverlapsHaveARightOrderOrNone) {
  RandomMoves random(/*whole_slots=*/false);
  int unordered = 0;
  for (int i = 0; i < 20000; ++i) {
    const std::vector<Move> moves = random.Next();
    const std::optional<MoveList> ordered = Ordered(moves, kScratch);
    if (!ordered.has_value()) {
      ++unordered;
      continue;
    }
    ASSERT_EQ(FindWrongMove(moves, *ordered, kScratch), "");
  }
  EXPECT_LT(unordered, 2000) << "giving up must be rare";
}

}  // namespace
}  // namespace springboard
