#include "client/symbol_table.h"

#include <utility>

#include "client/symbol_table_syntax.h"

namespace springboard {

absl::StatusOr<std::vector<SymbolRequest>> ParseSymbolTable(absl::string_view json) {
  int error_line = 0;
  const absl::StatusOr<std::vector<TableMember>> members = SplitSymbolTable(json, &error_line);
  if (!members.ok()) return members.status();
  std::vector<SymbolRequest> symbols;
  symbols.reserve(members->size());
  for (const TableMember& member : *members) {
    absl::StatusOr<TableSymbol> symbol = ParseTableSymbol(member);
    if (!symbol.ok()) return symbol.status();
    symbols.push_back({member.name, std::move(symbol->signature), std::move(symbol->symbol),
                       symbol->is_optional});
  }
  return symbols;
}

absl::StatusOr<LinkedLibrary> LinkSymbolTable(Client& client, const std::string& library,
                                              absl::string_view json, CallOptions options) {
  const absl::StatusOr<std::vector<SymbolRequest>> symbols = ParseSymbolTable(json);
  if (!symbols.ok()) return symbols.status();
  return client.LinkLibrary(library, *symbols, std::move(options));
}

}  // namespace springboard
