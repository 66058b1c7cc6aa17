// Orders any moves that a trampoline may need, and executes the order on a machine that knows
// nothing of how it was found.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "compiler/parallel_move.h"
#include "tests/fuzz/move_interpreter.h"
#include "tests/fuzz/property.h"

namespace springboard {
namespace {

constexpr CycleScratch kScratch = {General(11), Vector(11)};
constexpr Register kGeneralVia = General(10);
constexpr Register kVectorVia = Vector(10);
constexpr uint8_t kArgumentRegisters = 8;
constexpr uint16_t kStackBytes = 96;  // Of an area: few enough for moves to meet.
constexpr size_t kMaxMoves = 48;

struct Range {
  size_t begin;
  size_t end;
};

bool Overlap(Range a, Range b) { return a.begin < b.end && b.begin < a.end; }

// Where the bytes of a location are among all those of a machine.
Range RangeOf(Location location, uint8_t bytes) {
  if (location.is_register()) {
    const size_t base = location.is_register(RegisterClass::kGeneral) ? 0 : 32;
    return {base + location.reg().number, base + location.reg().number + 1};
  }
  const size_t area = location.area() == StackArea::kIncoming ? 64 : 64 + kMaxOrderedStackBytes;
  return {area + location.offset_bytes(), area + location.offset_bytes() + bytes};
}

bool Overlap(const Move& a, const Move& b) {
  return Overlap(RangeOf(a.to, a.to_bytes), RangeOf(b.to, b.to_bytes));
}

// Moves from bytes: one for the set, then some for each.
class MoveReader {
 public:
  explicit MoveReader(absl::Span<const uint8_t> bytes) : bytes_(bytes) {
    const uint8_t options = Next();
    whole_slots_ = (options & 1) != 0;
    is_aligned_ = (options & 2) != 0;
    // The last bytes that an order may name.
    if ((options & 4) != 0) first_offset_bytes_ = kMaxOrderedStackBytes - kStackBytes;
  }

  bool whole_slots() const { return whole_slots_; }

  std::vector<Move> Read() {
    std::vector<Move> moves;
    while (!bytes_.empty() && moves.size() < kMaxMoves) {
      const Move move = ReadMove();
      if (std::none_of(moves.begin(), moves.end(),
                       [&](const Move& other) { return Overlap(move, other); })) {
        moves.push_back(move);
      }
    }
    return moves;
  }

 private:
  uint8_t Next() {
    if (bytes_.empty()) return 0;
    const uint8_t byte = bytes_.front();
    bytes_.remove_prefix(1);
    return byte;
  }

  Location ReadLocation(RegisterClass register_class, uint8_t bytes, bool may_be_outgoing) {
    const uint8_t byte = Next();
    if (byte < 96) {
      return Location::InRegister(
          {register_class, static_cast<uint8_t>(byte % kArgumentRegisters)});
    }
    const bool is_outgoing = may_be_outgoing && byte >= 224;
    return Location::OnStack(is_outgoing ? StackArea::kOutgoing : StackArea::kIncoming,
                             ReadOffset(bytes));
  }

  uint16_t ReadOffset(uint8_t bytes) {
    const uint32_t unit = whole_slots_ ? 8u : is_aligned_ ? bytes : 1u;
    const uint32_t places = (kStackBytes - bytes) / unit + 1;
    return static_cast<uint16_t>(first_offset_bytes_ + Next() % places * unit);
  }

  // Makes a copy into another operation, with the sizes that it has; most stay copies.
  static void SetOperation(uint8_t kind, uint8_t sizes, Move& move) {
    switch (kind % 8) {
      case 5:
        move.operation =
            (sizes & 16) != 0 ? MoveOperation::kSignExtend : MoveOperation::kZeroExtend;
        move.from_bytes = move.value_bytes = static_cast<uint8_t>(1 + sizes % 2);
        move.to_bytes = 4;
        break;
      case 6:
        move.operation = MoveOperation::kLoadData;
        move.from_bytes = move.to_bytes = 8;
        break;
      case 7:
        move.operation = MoveOperation::kClear;
        break;
      default:
        break;
    }
  }

  Move ReadMove() {
    const uint8_t kind = Next();
    const bool is_float = kind % 8 < 2;
    const uint8_t sizes = Next();
    const auto size = [&](uint32_t choice) {
      return static_cast<uint8_t>(is_float ? 4u << choice % 2 : 1u << choice % 4);
    };
    const RegisterClass register_class =
        is_float ? RegisterClass::kVector : RegisterClass::kGeneral;
    Move move = {MoveOperation::kCopy,
                 Location::InRegister(General(0)),
                 Location::InRegister(General(0)),
                 size(sizes),
                 size(sizes / 4u),
                 0,
                 is_float ? kVectorVia : kGeneralVia};
    SetOperation(kind, sizes, move);
    move.to = ReadLocation(register_class, move.to_bytes, /*may_be_outgoing=*/true);
    if (move.operation == MoveOperation::kClear) {
      move.from = move.to;
      return move;
    }
    move.from = ReadLocation(register_class, move.from_bytes, /*may_be_outgoing=*/false);
    // A pointer may be loaded where its data goes.
    const bool loads_in_place = move.operation == MoveOperation::kLoadData && (sizes & 1) != 0;
    if (loads_in_place && move.to.is_register()) move.via = move.to.reg();
    return move;
  }

  absl::Span<const uint8_t> bytes_;
  bool whole_slots_ = false;
  bool is_aligned_ = false;
  uint16_t first_offset_bytes_ = 0;
};

// Whether a move reads what two others overwrite. Where none does, each move holds up at most one
// other; so whenever all are held up, they form cycles, and saving one source opens one of them
// for good: there is an order. Two such destinations overlap the source partly.
bool AnyReadsTwoDestinations(absl::Span<const Move> moves) {
  return std::any_of(moves.begin(), moves.end(), [&](const Move& move) {
    if (move.operation == MoveOperation::kClear) return false;
    const Range source = RangeOf(move.from, move.from_bytes);
    return std::count_if(moves.begin(), moves.end(), [&](const Move& other) {
             return &other != &move && Overlap(source, RangeOf(other.to, other.to_bytes));
           }) >= 2;
  });
}

void CheckMoves(absl::Span<const Move> moves, bool whole_slots) {
  const auto input = [&] { return "moves:\n" + DescribeMoves(moves); };
  const std::optional<MoveList> ordered = Ordered(moves, kScratch);
  if (!ordered.has_value()) {
    Require(!whole_slots, "registers and slots alone have an order", input);
    Require(AnyReadsTwoDestinations(moves), "only partly overlapping ranges have no order", input);
    return;
  }
  // A cycle has two moves at least, and takes one more.
  Require(ordered->size() <= moves.size() + moves.size() / 2 || !whole_slots,
          "a cycle of slots takes one move more", input);
  const std::string finding = FindWrongMove(moves, *ordered, kScratch);
  Require(finding.empty(), "an order does what the moves do at once",
          [&] { return absl::string_view(finding); });
}

}  // namespace
}  // namespace springboard

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  springboard::MoveReader reader({data, size});
  const std::vector<springboard::Move> moves = reader.Read();
  springboard::CheckMoves(moves, reader.whole_slots());
  return 0;
}
