#ifndef SPRINGBOARD_TESTS_CONFORMANCE_ORACLE_OBJECT_CODE_H_
#define SPRINGBOARD_TESTS_CONFORMANCE_ORACLE_OBJECT_CODE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace springboard {

// The code of an object file, as it runs wherever it is put.
struct ObjectCode {
  std::vector<uint8_t> text;
  std::map<std::string, uint64_t> offsets;  // Of each symbol of the text, by its name in C.
};

// Reads an ELF, COFF or Mach-O object. Error: INVALID_ARGUMENT if it is none, has no text, or its
// text has relocations: such code cannot run by itself, and leaving it out would hide a case.
absl::StatusOr<ObjectCode> ReadObjectCode(absl::string_view object);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CONFORMANCE_ORACLE_OBJECT_CODE_H_
