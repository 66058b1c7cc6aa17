#ifndef SPRINGBOARD_CLIENT_OBJECT_A64_UNWIND_INFO_H_
#define SPRINGBOARD_CLIENT_OBJECT_A64_UNWIND_INFO_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/object/object.h"

namespace springboard {

// An .xdata record for Windows on ARM64 (Microsoft, "ARM64 exception handling"), of a function or
// of a fragment of one.
struct A64UnwindRecord {
  uint32_t begin_bytes;  // Of what it covers, in the function.
  std::string xdata;     // A multiple of 4 bytes; has no relocations.
};

// The records of a function by ascending address, each up to the next one's begin; none for a leaf
// function. A record has a code for each instruction of prologue and epilogue, so that it is right
// at every instruction. One is enough, but where the preserved register is saved further from sp
// than a code says (504 bytes): there the function is described as three fragments, before it is
// saved, while it is, and after.
// Error: INVALID_ARGUMENT with MALFORMED_CODE (field "rows") if the frame cannot be described so.
absl::StatusOr<std::vector<A64UnwindRecord>> A64UnwindRecords(const ObjectFunction& function);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_OBJECT_A64_UNWIND_INFO_H_
