#ifndef SPRINGBOARD_COMPILER_STACK_COPIES_H_
#define SPRINGBOARD_COMPILER_STACK_COPIES_H_

#include "compiler/isa.h"
#include "compiler/parallel_move.h"

namespace springboard {

// Splits moves from stack to stack, which are in an order that is safe, into loads and stores, so
// that loads of neighbours come together, and stores too: an instruction set with pairs then needs
// half as many. Does nothing where IsaInfo has no registers for copies.
void SplitStackCopies(MoveList& moves, const IsaInfo& isa);

}  // namespace springboard

#endif  // SPRINGBOARD_COMPILER_STACK_COPIES_H_
