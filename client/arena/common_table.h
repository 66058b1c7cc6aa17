#ifndef SPRINGBOARD_CLIENT_ARENA_COMMON_TABLE_H_
#define SPRINGBOARD_CLIENT_ARENA_COMMON_TABLE_H_

#include "client/arena/static_table.h"

// Trampolines of the signatures in common_signatures.txt, about 100 KB of code and symbols.
extern "C" const springboard::StaticTable springboard_common_table;

#endif  // SPRINGBOARD_CLIENT_ARENA_COMMON_TABLE_H_
