#ifndef SPRINGBOARD_COMPILER_PARALLEL_MOVE_H_
#define SPRINGBOARD_COMPILER_PARALLEL_MOVE_H_

#include <cstdint>
#include <vector>

#include "compiler/argument_location.h"
#include "compiler/isa.h"
#include "compiler/signature.h"

namespace springboard {

enum class MoveOperation : uint8_t {
  kCopy,        // As many bytes as the narrower side holds.
  kZeroExtend,  // The low value_bytes of the source, to all of the destination.
  kSignExtend,
  kLoadData,  // 8 bytes from the typed-array struct that the source points to.
  kClear,     // Zero; there is no source.
};

struct Move {
  MoveOperation operation;
  Location from;  // Ignored by kClear.
  Location to;
  uint8_t from_bytes;   // 1 to 8: what is read at `from`.
  uint8_t to_bytes;     // 1 to 8: what is written at `to`.
  uint8_t value_bytes;  // Of an extension: 1 or 2.
  // Carries a value from stack to stack, and an array's struct from the stack to its data.
  Register via;

  friend bool operator==(const Move& a, const Move& b) {
    return a.operation == b.operation && a.from == b.from && a.to == b.to &&
           a.from_bytes == b.from_bytes && a.to_bytes == b.to_bytes &&
           a.value_bytes == b.value_bytes && a.via == b.via;
  }
};

using MoveList = std::vector<Move>;

// Registers that no move names, not even as its `via`, to break cycles with.
struct CycleScratch {
  Register general;
  Register vector;
};

// Puts moves that happen at once into an order in which they may happen one after another: no
// move overwrites bytes that a later one reads. Keeps the given order where it is safe, and
// breaks cycles through `scratch`, each of which adds a move.
//
// Requires: destinations are disjoint, no source is in kOutgoing, at most 255 moves read the same
// byte, and all bytes on the stack are below kMaxOrderedStackBytes. Returns false, and leaves no
// moves of use, if one scratch register of a class is not enough; that takes partly overlapping
// stack ranges, never registers or slots alone. The caller then gives the callee an area of its
// own, which has no cycles.
bool OrderMoves(MoveList& moves, const CycleScratch& scratch);

inline constexpr uint16_t kMaxOrderedStackBytes = 2304;
static_assert(kMaxOrderedStackBytes >= 8 * (Signature::kMaxParameters + 2),
              "room for receiver, parameters and out array");

}  // namespace springboard

#endif  // SPRINGBOARD_COMPILER_PARALLEL_MOVE_H_
