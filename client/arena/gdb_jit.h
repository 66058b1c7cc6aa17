#ifndef SPRINGBOARD_CLIENT_ARENA_GDB_JIT_H_
#define SPRINGBOARD_CLIENT_ARENA_GDB_JIT_H_

#include "client/arena/code_observer.h"

namespace springboard {

// Tells gdb of new code by its JIT interface (gdb manual, "JIT Compilation Interface"): backtraces
// then name trampolines, "springboard u16(u16)", and show what called them. Costs a little more
// memory than the code; a debugger that is attached stops the process for each registration.
CodeObserver& GdbJit();

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_ARENA_GDB_JIT_H_
