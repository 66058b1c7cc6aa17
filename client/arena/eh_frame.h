#ifndef SPRINGBOARD_CLIENT_ARENA_EH_FRAME_H_
#define SPRINGBOARD_CLIENT_ARENA_EH_FRAME_H_

#include <cstdint>
#include <vector>

#include "client/arena/code_observer.h"
#include "client/arena/unwind_tables.h"

namespace springboard {

// Unwind information, as a linker puts it into .eh_frame (Linux Standard Base Core 5.0, 10.6).
struct EhFrame {
  std::vector<uint8_t> bytes;  // A CIE, FDEs by ascending address, and the terminator.
  struct Fde {
    const uint8_t* begin;   // Of the code that it covers.
    uint32_t offset_bytes;  // In `bytes`.
  };
  std::vector<Fde> fdes;
  // Any of the code needs the information to be unwound through.
  bool has_frames = false;
};

// For all the code, in FDEs of several trampolines each. Synchronous tables have about 5 bytes for
// a trampoline whose frame differs from the one before, else none; asynchronous ones 8 to 24 for
// each that has a frame. Code that cannot be outlined gets no information.
EhFrame BuildEhFrame(const NewCode& code, UnwindTables tables);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_ARENA_EH_FRAME_H_
