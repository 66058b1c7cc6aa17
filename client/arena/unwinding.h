#ifndef SPRINGBOARD_CLIENT_ARENA_UNWINDING_H_
#define SPRINGBOARD_CLIENT_ARENA_UNWINDING_H_

#include "client/arena/code_observer.h"
#include "client/arena/unwind_tables.h"

namespace springboard {

// Registers unwind information with the C++ runtime (libgcc), so that C++ exceptions and
// _Unwind_Backtrace() pass trampolines that have a frame. Trampolines that tail-call need none:
// they are never on the stack.
CodeObserver& Unwinding(UnwindTables tables);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_ARENA_UNWINDING_H_
