#ifndef SPRINGBOARD_CLIENT_OBJECT_MACH_O_EH_FRAME_H_
#define SPRINGBOARD_CLIENT_OBJECT_MACH_O_EH_FRAME_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "client/object/object.h"

namespace springboard {

// __eh_frame of an arm64 Mach-O object: a CIE, and an FDE for each function that has a frame. To an
// FDE's address field belongs the function's distance from the section's begin.
struct MachOEhFrame {
  struct Fde {
    size_t function;         // By its index.
    uint32_t address_bytes;  // Offset in `bytes` of the address field, of 8 bytes.
  };
  std::string bytes;      // Empty if no function has a frame.
  std::vector<Fde> fdes;  // In the functions' order.
};

MachOEhFrame BuildMachOEhFrame(const std::vector<ObjectFunction>& functions);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_OBJECT_MACH_O_EH_FRAME_H_
