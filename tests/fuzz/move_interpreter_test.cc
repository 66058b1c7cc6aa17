// Orders that are wrong, each in a way of its own, and that the interpreter must tell from right
// ones.

#include "tests/fuzz/move_interpreter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace springboard {
namespace {

using testing::HasSubstr;

constexpr CycleScratch kScratch = {General(11), Vector(11)};
constexpr Register kVia = General(10);

Location Reg(uint8_t number) { return Location::InRegister(General(number)); }
Location Xmm(uint8_t number) { return Location::InRegister(Vector(number)); }
Location In(uint16_t offset) { return Location::OnStack(StackArea::kIncoming, offset); }
Location Out(uint16_t offset) { return Location::OnStack(StackArea::kOutgoing, offset); }
Move Copy(Location to, Location from, uint8_t bytes = 8) {
  return {MoveOperation::kCopy, from, to, bytes, bytes, 0, kVia};
}
Move Extend(MoveOperation operation, Location to, Location from) {
  return {operation, from, to, 1, 4, 1, kVia};
}
Move LoadData(Location to, Location from) {
  return {MoveOperation::kLoadData, from, to, 8, 8, 0, to.reg()};
}
Move Clear(Location to) { return {MoveOperation::kClear, to, to, 8, 8, 0, kVia}; }

struct Case {
  std::string name;
  std::vector<Move> moves;
  std::vector<Move> ordered;
  std::string finding;  // A part of it; empty where the order is right.
};

std::vector<Case> Cases() {
  const std::vector<Move> chain = {Copy(Reg(2), Reg(1)), Copy(Reg(3), Reg(2))};
  const std::vector<Move> swap = {Copy(Reg(1), Reg(2)), Copy(Reg(2), Reg(1))};
  const std::vector<Move> halves = {Copy(In(0), In(4), 4), Copy(Reg(1), In(0))};
  const Move sign = Extend(MoveOperation::kSignExtend, Reg(1), In(0));
  const Move zero = Extend(MoveOperation::kZeroExtend, Reg(1), In(0));
  const Move load = LoadData(Reg(1), In(0));
  const Move clear = Clear(In(0));
  return {
      {"RightChain", chain, {chain[1], chain[0]}, ""},
      {"WrongChain", chain, chain, "the move to rbx went wrong at byte 0"},
      {"RightSwap", swap, {Copy(Reg(11), Reg(2)), Copy(Reg(2), Reg(1)), Copy(Reg(1), Reg(11))}, ""},
      {"SwapWithoutScratch", swap, swap, "the move to rdx went wrong"},
      {"RightHalves", halves, {halves[1], halves[0]}, ""},
      {"PartlyOverwrittenSource", halves, halves, "the move to rcx went wrong at byte 0"},
      {"MissingMove", chain, {chain[1]}, "the move to rdx went wrong"},
      {"SourceInAViaRegister",
       {Copy(In(0), In(8)), Copy(Reg(1), Reg(10))},
       {Copy(In(0), In(8)), Copy(Reg(1), Reg(10))},
       "the move to rcx went wrong"},
      {"SavedTooNarrow",
       {Copy(Reg(1), Reg(2))},
       {Copy(Reg(11), Reg(2), 4), Copy(Reg(1), Reg(11))},
       "the move to rcx went wrong at byte 4"},
      {"WrongExtension", {sign}, {zero}, "the move to rcx went wrong at byte 1"},
      {"DataOfAnotherPointer",
       {load},
       {Copy(In(0), In(8)), load},
       "the move to rcx went wrong at byte 0"},
      {"PointerForItsData", {load}, {Copy(Reg(1), In(0))}, "the move to rcx went wrong"},
      {"RightData", {load}, {load}, ""},
      {"ClearedSlot", {clear}, {clear}, ""},
      {"ForgottenClear", {clear}, {}, "the move to incoming+0 went wrong"},
      {"ChangedRegister",
       {Copy(Reg(1), Reg(2))},
       {Copy(Reg(1), Reg(2)), Copy(Reg(5), Reg(2))},
       "byte 0 of rbp has changed"},
      {"ChangedSlot", {Copy(Out(8), Reg(2), 4)}, {Copy(Out(8), Reg(2))}, "outgoing+12 has changed"},
      {"UnneededVia",
       {Copy(Reg(1), In(0))},
       {Copy(Reg(10), In(0)), Copy(Reg(1), In(0))},
       "byte 0 of r10 has changed"},
      {"FloatThroughAGeneralRegister",
       {Copy(Xmm(1), Xmm(2))},
       {Copy(Reg(11), Xmm(2)), Copy(Xmm(1), Reg(11))},
       "registers of different classes"},
  };
}

TEST(MoveInterpreterTest, TellsWrongOrdersFromRightOnes) {
  for (const Case& row : Cases()) {
    SCOPED_TRACE(row.name);
    const std::string finding = FindWrongMove(row.moves, row.ordered, kScratch);
    if (row.finding.empty()) {
      EXPECT_EQ(finding, "");
    } else {
      EXPECT_THAT(finding, HasSubstr(row.finding));
    }
  }
}

TEST(DescribeMovesTest, SaysWhatAndThroughWhat) {
  const std::vector<Move> moves = {Extend(MoveOperation::kSignExtend, Reg(1), In(0)), Clear(In(0)),
                                   LoadData(Reg(1), In(0)), Copy(Out(0), Reg(7))};
  EXPECT_EQ(DescribeMoves(moves),
            "  rcx:4 = sign_extend1 incoming+0:1\n"
            "  incoming+0:8 = 0 via r10\n"
            "  rcx:8 = data of incoming+0:8 via rcx\n"
            "  outgoing+0:8 = rdi:8\n");
}

}  // namespace
}  // namespace springboard
