#ifndef SPRINGBOARD_CLIENT_MAPPING_INSTRUCTION_SYNC_H_
#define SPRINGBOARD_CLIENT_MAPPING_INSTRUCTION_SYNC_H_

#include <cstddef>
#include <cstdint>

namespace springboard {

// After code in a mapping that is executable already was changed: every thread of the process that
// learns of the change runs the new code. Linux.
void SynchronizeInstructions(const uint8_t* code, size_t size);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MAPPING_INSTRUCTION_SYNC_H_
