#ifndef SPRINGBOARD_CLIENT_ARENA_ELF_IMAGE_H_
#define SPRINGBOARD_CLIENT_ARENA_ELF_IMAGE_H_

#include <cstdint>
#include <vector>

#include "client/arena/code_observer.h"

namespace springboard {

// A relocatable ELF file that describes code where it is: a symbol for each trampoline, and its
// unwind information; the code itself is not in it.
std::vector<uint8_t> BuildElfImage(const NewCode& code);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_ARENA_ELF_IMAGE_H_
