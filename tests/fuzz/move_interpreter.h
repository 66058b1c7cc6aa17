#ifndef SPRINGBOARD_TESTS_FUZZ_MOVE_INTERPRETER_H_
#define SPRINGBOARD_TESTS_FUZZ_MOVE_INTERPRETER_H_

#include <optional>
#include <string>

#include "absl/types/span.h"
#include "compiler/parallel_move.h"

namespace springboard {

// Executes moves on a machine whose every byte holds a symbol: all at once, as `moves` are meant,
// and one after another, as `ordered` lists them. Knows nothing of how an order is found.
//
// Returns what is wrong with `ordered`, and empty if nothing is: a destination that does not hold
// what its move gives it, anything else that has changed though it is neither `scratch` nor the
// `via` of a move that needs one, or a step between registers of different classes, which has no
// encoding where `moves` has none such.
// Requires: what OrderMoves() requires of `moves`.
std::string FindWrongMove(absl::Span<const Move> moves, absl::Span<const Move> ordered,
                          const CycleScratch& scratch);

// A line for each move, with x64's names: "rdi:4 = sign_extend1 incoming+8:1 via rax".
std::string DescribeMoves(absl::Span<const Move> moves);

// OrderMoves() as a function of what it is given; nothing if there is no order.
inline std::optional<MoveList> Ordered(absl::Span<const Move> moves, const CycleScratch& scratch) {
  MoveList ordered(moves.begin(), moves.end());
  if (!OrderMoves(ordered, scratch)) return std::nullopt;
  return ordered;
}

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_FUZZ_MOVE_INTERPRETER_H_
