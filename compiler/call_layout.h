#ifndef SPRINGBOARD_COMPILER_CALL_LAYOUT_H_
#define SPRINGBOARD_COMPILER_CALL_LAYOUT_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "compiler/argument_location.h"
#include "compiler/calling_convention.h"
#include "compiler/native_type.h"
#include "compiler/signature.h"

namespace springboard {

// Where a convention puts every argument of a call.
struct CallLayout {
  const CallingConvention* convention = nullptr;  // Of a layout: not null; has static storage.
  std::vector<ArgumentLocation> arguments;
  // Size of the stacked arguments, without shadow space and final padding.
  uint32_t stack_bytes = 0;

  // A line for each argument.
  std::string ToString() const;
};

inline std::ostream& operator<<(std::ostream& os, const CallLayout& layout) {
  return os << layout.ToString();
}

// What V8 passes for a signature in `convention`: argument 0 is the receiver, then the
// parameters, then the out array if NeedsOutArray(result). Locations are in kIncoming.
CallLayout LayOutCaller(const Signature& signature, const CallingConvention& convention);

// What a C function of that signature expects in `convention`. Locations are in kOutgoing.
CallLayout LayOutCallee(const Signature& signature, const CallingConvention& convention);

// The same, in the memory of another layout.
void LayOutCallerInto(const Signature& signature, const CallingConvention& convention,
                      CallLayout& layout);
void LayOutCalleeInto(const Signature& signature, const CallingConvention& convention,
                      CallLayout& layout);

// "rdi", "incoming+8".
std::string ToString(Isa isa, Location location);

}  // namespace springboard

#endif  // SPRINGBOARD_COMPILER_CALL_LAYOUT_H_
