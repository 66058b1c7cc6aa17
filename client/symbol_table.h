#ifndef SPRINGBOARD_CLIENT_SYMBOL_TABLE_H_
#define SPRINGBOARD_CLIENT_SYMBOL_TABLE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/client.h"
#include "client/linked_library.h"

namespace springboard {

// The symbols of a table as Deno.dlopen() takes it, in JSON, in their order:
//
//   {"pow": {"parameters": ["f64", "f64"], "result": "f64"},
//    "root": {"name": "cbrt", "parameters": ["f64"], "result": "f64", "optional": true}}
//
// A key that Deno does not know is an error, as is what has no fast call. Errors:
//   INVALID_ARGUMENT  MALFORMED_SYMBOL_TABLE, UNKNOWN_TYPE, VOID_PARAMETER, TOO_MANY_PARAMETERS
//   UNIMPLEMENTED     UNSUPPORTED_SYMBOL: a static, a struct, "nonblocking", "callback"
// and the field is the path of what is wrong, "symbols.pow.parameters[1]".
absl::StatusOr<std::vector<SymbolRequest>> ParseSymbolTable(absl::string_view json);

// Opens a library and links the functions of such a table. Errors: also those of
// Client::LinkLibrary().
absl::StatusOr<LinkedLibrary> LinkSymbolTable(Client& client, const std::string& library,
                                              absl::string_view json, CallOptions options = {});

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_SYMBOL_TABLE_H_
