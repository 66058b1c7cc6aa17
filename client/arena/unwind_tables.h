#ifndef SPRINGBOARD_CLIENT_ARENA_UNWIND_TABLES_H_
#define SPRINGBOARD_CLIENT_ARENA_UNWIND_TABLES_H_

#include <cstdint>

namespace springboard {

// From where the callers of a trampoline that has a frame can be found; the names are those of
// GCC's -funwind-tables and -fasynchronous-unwind-tables.
enum class UnwindTables : uint8_t {
  kSynchronous,   // From its call: enough for exceptions, and for backtraces from its callee.
  kAsynchronous,  // From each of its instructions: for backtraces from signal handlers too.
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_ARENA_UNWIND_TABLES_H_
