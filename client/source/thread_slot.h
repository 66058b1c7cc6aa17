#ifndef SPRINGBOARD_CLIENT_SOURCE_THREAD_SLOT_H_
#define SPRINGBOARD_CLIENT_SOURCE_THREAD_SLOT_H_

#include <cstddef>

namespace springboard {

// What many threads write to at a time has a place for each, on cache lines of its own; threads
// beyond so many share them.
inline constexpr size_t kThreadSlots = 64;
inline constexpr size_t kThreadSlotAlignment = 64;

// Which is this thread's.
size_t ThreadSlot();

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_SOURCE_THREAD_SLOT_H_
