#ifndef SPRINGBOARD_COMPILER_STACK_COPIES_H_
#define SPRINGBOARD_COMPILER_STACK_COPIES_H_

#include <vector>

#include "compiler/isa.h"
#include "compiler/parallel_move.h"
#include "compiler/step.h"

namespace springboard {

// Appends `moves`, which are in an order that is safe, to `steps`. Those from stack to stack are
// split into loads and stores, so that loads of neighbours come together, and stores too: an
// instruction set with pairs then needs half as many. They stay as they are where IsaInfo has no
// registers for copies.
void AppendWithSplitCopies(const MoveList& moves, const IsaInfo& isa, std::vector<Step>& steps);

}  // namespace springboard

#endif  // SPRINGBOARD_COMPILER_STACK_COPIES_H_
