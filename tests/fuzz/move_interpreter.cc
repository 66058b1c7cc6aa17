#include "tests/fuzz/move_interpreter.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <numeric>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "compiler/call_layout.h"

namespace springboard {
namespace {

// Every byte of the machine has an address: general registers, vector registers, both stack areas.
constexpr size_t kRegisterBytes = 8;
constexpr size_t kClassBytes = 32 * kRegisterBytes;
constexpr size_t kIncoming = 2 * kClassBytes;
constexpr size_t kOutgoing = kIncoming + kMaxOrderedStackBytes;
constexpr size_t kMachineBytes = kOutgoing + kMaxOrderedStackBytes;

size_t AddressOf(Location location) {
  if (location.is_register()) {
    const size_t base = location.is_register(RegisterClass::kGeneral) ? 0 : kClassBytes;
    return base + location.reg().number * kRegisterBytes;
  }
  return (location.area() == StackArea::kIncoming ? kIncoming : kOutgoing) +
         location.offset_bytes();
}

// What a byte holds. The symbol of a byte at the start is its address; equal terms over symbols
// have equal numbers.
using Symbol = uint32_t;
constexpr Symbol kZero = kMachineBytes;
constexpr Symbol kUndefined = kZero + 1;  // Whatever the machine leaves there.

enum class Term : uint8_t { kSignOf, kDataOf };

// Gives numbers to terms over symbols.
class Terms {
 public:
  Symbol Number(Term term, size_t byte, const std::vector<Symbol>& operands) {
    const Symbol next = kUndefined + 1 + static_cast<Symbol>(numbers_.size());
    return numbers_.insert({{term, byte, operands}, next}).first->second;
  }

 private:
  std::map<std::tuple<Term, size_t, std::vector<Symbol>>, Symbol> numbers_;
};

bool IsExtension(const Move& move) {
  return move.operation == MoveOperation::kZeroExtend ||
         move.operation == MoveOperation::kSignExtend;
}

// Whether the move goes through its `via` register.
bool UsesVia(const Move& move) {
  if (move.operation == MoveOperation::kLoadData && !move.from.is_register()) return true;
  const bool stores_a_register = move.operation == MoveOperation::kCopy && move.from.is_register();
  return !move.to.is_register() && !stores_a_register;
}

class Machine {
 public:
  explicit Machine(Terms& terms) : bytes_(kMachineBytes), terms_(terms) {
    std::iota(bytes_.begin(), bytes_.end(), 0);
  }

  // What the move gives each of its to_bytes.
  std::vector<Symbol> Evaluate(const Move& move) const {
    std::vector<Symbol> values(move.to_bytes, kUndefined);
    if (move.operation == MoveOperation::kClear) {
      std::fill(values.begin(), values.end(), kZero);
      return values;
    }
    const std::vector<Symbol> source = Read(move.from, move.from_bytes);
    if (move.operation == MoveOperation::kLoadData) {
      for (size_t i = 0; i < values.size(); ++i) {
        values[i] = terms_.Number(Term::kDataOf, i, source);
      }
    } else if (IsExtension(move)) {
      const Symbol sign = terms_.Number(Term::kSignOf, 0, {source[move.value_bytes - 1u]});
      std::fill(values.begin(), values.end(),
                move.operation == MoveOperation::kSignExtend ? sign : kZero);
      std::copy_n(source.begin(), move.value_bytes, values.begin());
    } else {
      std::copy_n(source.begin(), std::min(source.size(), values.size()), values.begin());
    }
    return values;
  }

  void Execute(const Move& move) {
    const std::vector<Symbol> values = Evaluate(move);
    if (UsesVia(move)) Write(Location::InRegister(move.via), {});
    Write(move.to, values);
  }

  std::vector<Symbol> Read(Location location, size_t bytes) const {
    const auto begin = bytes_.begin() + static_cast<ptrdiff_t>(AddressOf(location));
    return std::vector<Symbol>(begin, begin + static_cast<ptrdiff_t>(bytes));
  }

  // The first address outside `excepted` that does not hold what it did; kMachineBytes if none.
  size_t FirstChange(const std::vector<uint8_t>& excepted) const {
    size_t address = 0;
    while (address < kMachineBytes && (excepted[address] != 0 || bytes_[address] == address)) {
      ++address;
    }
    return address;
  }

 private:
  // The rest of a register is then undefined.
  void Write(Location location, std::vector<Symbol> values) {
    if (location.is_register()) values.resize(kRegisterBytes, kUndefined);
    std::copy(values.begin(), values.end(),
              bytes_.begin() + static_cast<ptrdiff_t>(AddressOf(location)));
  }

  std::vector<Symbol> bytes_;
  Terms& terms_;
};

bool MixesClasses(const Move& move) {
  return move.operation != MoveOperation::kClear && move.from.is_register() &&
         move.to.is_register() && move.from.reg().register_class != move.to.reg().register_class;
}

// The addresses that may change: destinations and what carries values on the way.
std::vector<uint8_t> MayChange(absl::Span<const Move> moves, const CycleScratch& scratch) {
  std::vector<uint8_t> may_change(kMachineBytes, 0);
  const auto add = [&](Location location, size_t bytes) {
    const size_t begin = AddressOf(location);
    const size_t end = begin + (location.is_register() ? kRegisterBytes : bytes);
    for (size_t address = begin; address < end; ++address) may_change[address] = 1;
  };
  add(Location::InRegister(scratch.general), kRegisterBytes);
  add(Location::InRegister(scratch.vector), kRegisterBytes);
  for (const Move& move : moves) {
    add(move.to, move.to_bytes);
    if (UsesVia(move)) add(Location::InRegister(move.via), kRegisterBytes);
  }
  return may_change;
}

std::string DescribeAddress(size_t address) {
  if (address >= kOutgoing) return absl::StrCat("outgoing+", address - kOutgoing);
  if (address >= kIncoming) return absl::StrCat("incoming+", address - kIncoming);
  const uint8_t number = static_cast<uint8_t>(address % kClassBytes / kRegisterBytes);
  return absl::StrCat(
      "byte ", address % kRegisterBytes, " of ",
      RegisterName(Isa::kX64, address < kClassBytes ? General(number) : Vector(number)));
}

// What stands right of "=".
std::string DescribeSource(const Move& move) {
  std::string from = absl::StrCat(ToString(Isa::kX64, move.from), ":", move.from_bytes);
  switch (move.operation) {
    case MoveOperation::kCopy:
      return from;
    case MoveOperation::kZeroExtend:
      return absl::StrCat("zero_extend", move.value_bytes, " ", from);
    case MoveOperation::kSignExtend:
      return absl::StrCat("sign_extend", move.value_bytes, " ", from);
    case MoveOperation::kLoadData:
      return absl::StrCat("data of ", from);
    case MoveOperation::kClear:
      return "0";
  }
  return "an unknown operation";
}

}  // namespace

std::string FindWrongMove(absl::Span<const Move> moves, absl::Span<const Move> ordered,
                          const CycleScratch& scratch) {
  const auto lists = [&] {
    return absl::StrCat("\nmoves:\n", DescribeMoves(moves), "ordered:\n", DescribeMoves(ordered));
  };
  Terms terms;
  const Machine start(terms);
  Machine machine(terms);
  for (const Move& move : ordered) machine.Execute(move);
  for (const Move& move : moves) {
    const std::vector<Symbol> expected = start.Evaluate(move);
    const std::vector<Symbol> actual = machine.Read(move.to, move.to_bytes);
    for (size_t i = 0; i < expected.size(); ++i) {
      if (expected[i] != kUndefined && actual[i] != expected[i]) {
        return absl::StrCat("the move to ", ToString(Isa::kX64, move.to), " went wrong at byte ", i,
                            lists());
      }
    }
  }
  const size_t changed = machine.FirstChange(MayChange(moves, scratch));
  if (changed != kMachineBytes) {
    return absl::StrCat(DescribeAddress(changed), " has changed, and no move may change it",
                        lists());
  }
  if (std::any_of(ordered.begin(), ordered.end(), MixesClasses) &&
      std::none_of(moves.begin(), moves.end(), MixesClasses)) {
    return absl::StrCat("a step is between registers of different classes", lists());
  }
  return "";
}

std::string DescribeMoves(absl::Span<const Move> moves) {
  std::string text;
  for (const Move& move : moves) {
    absl::StrAppend(&text, "  ", ToString(Isa::kX64, move.to), ":", move.to_bytes, " = ",
                    DescribeSource(move));
    if (UsesVia(move)) absl::StrAppend(&text, " via ", RegisterName(Isa::kX64, move.via));
    absl::StrAppend(&text, "\n");
  }
  return text;
}

}  // namespace springboard
