#ifndef SPRINGBOARD_CLIENT_MAPPING_PROCESS_TOKEN_H_
#define SPRINGBOARD_CLIENT_MAPPING_PROCESS_TOKEN_H_

#include <cstdint>

namespace springboard {

// A number that stays the same in a process, and that a forked child does not share with its
// parent, whatever their process ids: those are the same for the first processes of two pid
// namespaces. Thread-safe. Linux.
uint64_t ProcessToken();

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MAPPING_PROCESS_TOKEN_H_
