#ifndef SPRINGBOARD_CLIENT_ARENA_UNWINDING_H_
#define SPRINGBOARD_CLIENT_ARENA_UNWINDING_H_

#include "client/arena/code_observer.h"

namespace springboard {

// Registers unwind information with the C++ runtime (libgcc), and with libunwind where the program
// has it, so that C++ exceptions, _Unwind_Backtrace() and unw_step() pass trampolines that have a
// frame. Trampolines that tail-call need none: they are never on the stack.
CodeObserver& Unwinding();

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_ARENA_UNWINDING_H_
