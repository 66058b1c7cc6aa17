#ifndef SPRINGBOARD_CLIENT_MANIFEST_TABLE_MANIFEST_H_
#define SPRINGBOARD_CLIENT_MANIFEST_TABLE_MANIFEST_H_

#include <istream>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/manifest/manifest.h"

namespace springboard {

// Reads a table as Deno.dlopen() takes it, in JSON; see client/symbol_table.h. A symbol's name is
// the library's and not the key. What Deno has no fast call for is left out: statics, structs,
// "nonblocking" and "callback". A table has at most 256 MiB.
//
// `file` is what places are written with. Errors point to place and field,
// "table.json:3: symbols.pow.parameters[1]":
//   INVALID_ARGUMENT    MALFORMED_SYMBOL_TABLE, UNKNOWN_TYPE, VOID_PARAMETER, TOO_MANY_PARAMETERS,
//                       MALFORMED_MANIFEST, DUPLICATE_SYMBOL
//   RESOURCE_EXHAUSTED  MANIFEST_TOO_LARGE
absl::StatusOr<Manifest> ReadTableManifest(std::istream& input, absl::string_view file);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MANIFEST_TABLE_MANIFEST_H_
