#ifndef SPRINGBOARD_CLIENT_SYMBOL_TABLE_SYNTAX_H_
#define SPRINGBOARD_CLIENT_SYMBOL_TABLE_SYNTAX_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "compiler/signature.h"

namespace springboard {

// The rules of a table as Deno.dlopen() takes it, in JSON, for all that read one. A table is cut
// into its symbols first and each is then parsed alone, so that a large one takes little memory.
// Fields of errors are paths, "symbols.pow.parameters[1]".

// A symbol that was not looked into yet.
struct TableMember {
  std::string name;        // The key.
  absl::string_view json;  // Its value, of the table's text.
  int line;                // Of the key, from 1.
  int json_line = 0;       // In which the value's text begins.
};

// The symbols in their order. Error: INVALID_ARGUMENT, MALFORMED_SYMBOL_TABLE, and *error_line,
// from 1.
absl::StatusOr<std::vector<TableMember>> SplitSymbolTable(absl::string_view json, int* error_line);

// What the members of a symbol say.
struct TableSymbol {
  Signature signature;
  std::string symbol;  // The library's name of it; empty: the key.
  bool is_optional = false;
};

// Errors:
//   INVALID_ARGUMENT  MALFORMED_SYMBOL_TABLE, UNKNOWN_TYPE, VOID_PARAMETER, TOO_MANY_PARAMETERS
//   UNIMPLEMENTED     UNSUPPORTED_SYMBOL, of what is well-formed and has no fast call: a static, a
//                     struct, "nonblocking", "callback"
absl::StatusOr<TableSymbol> ParseTableSymbol(const TableMember& member);

// The line, from 1, that the field of such an error is in.
int LineOfField(const TableMember& member, absl::string_view field);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_SYMBOL_TABLE_SYNTAX_H_
