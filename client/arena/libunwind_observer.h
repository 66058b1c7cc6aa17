#ifndef SPRINGBOARD_CLIENT_ARENA_LIBUNWIND_OBSERVER_H_
#define SPRINGBOARD_CLIENT_ARENA_LIBUNWIND_OBSERVER_H_

#include "client/arena/code_observer.h"

namespace springboard {

// Tells libunwind (nongnu.org) of trampolines that have a frame, by its interface for code that is
// made at run time, libunwind-dynamic(3). For programs that link libunwind; C++ exceptions and
// _Unwind_Backtrace() need it not. libunwind reads its list without a lock: code must not be
// released while another thread, or a signal handler, walks a stack.
CodeObserver& Libunwind();

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_ARENA_LIBUNWIND_OBSERVER_H_
