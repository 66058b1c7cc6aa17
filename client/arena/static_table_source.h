#ifndef SPRINGBOARD_CLIENT_ARENA_STATIC_TABLE_SOURCE_H_
#define SPRINGBOARD_CLIENT_ARENA_STATIC_TABLE_SOURCE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "compiler/signature.h"
#include "compiler/target.h"

namespace springboard {

struct StaticTableSource {
  struct Row {
    Signature signature;
    uint32_t copies;  // How many callees of the signature a process can have at a time; 1 to 65536.
  };

  std::string name;  // The C identifier of the table.
  Target target;
  CallerProfile profile = CallerProfile::kV8_10;
  std::vector<Row> rows;
};

// The assembly, for the GNU assembler, of a StaticTable: the trampolines that the compiler makes
// and the verifier proves, but that each loads its callee from data of its own, at an address
// relative to the code. Deterministic. Errors:
//   INVALID_ARGUMENT  NOT_AN_IDENTIFIER (name), UNSUPPORTED_TARGET (target): no ELF target;
//                     MALFORMED_TABLE (rows, rows[i]): no row, a signature twice, or copies out of
//                     range
absl::StatusOr<std::string> StaticTableAssembly(const StaticTableSource& source);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_ARENA_STATIC_TABLE_SOURCE_H_
