#include "client/manifest/table_manifest.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/manifest/place.h"
#include "client/manifest/symbol_rules.h"
#include "client/symbol_table_syntax.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

constexpr size_t kMaxBytes = 256 << 20;

absl::StatusOr<std::string> ReadAll(std::istream& input, absl::string_view file) {
  std::string text;
  std::vector<char> buffer(1 << 20);
  while (input.read(buffer.data(), static_cast<std::streamsize>(buffer.size())),
         input.gcount() > 0) {
    text.append(buffer.data(), static_cast<size_t>(input.gcount()));
    if (text.size() > kMaxBytes) {
      return AtPlace(MakeError(absl::StatusCode::kResourceExhausted, reason::kManifestTooLarge, "",
                               absl::StrCat("a table has at most ", kMaxBytes, " bytes")),
                     file);
    }
  }
  return text;
}

// The field of an error of ParseTableSymbol() is in the member.
std::string PlaceOf(const absl::Status& status, const TableMember& member, absl::string_view file) {
  const ErrorDetails details = GetErrorDetails(status).value_or(ErrorDetails{});
  return Place(file, LineOfField(member, details.field));
}

absl::Status AddMember(const TableMember& member, absl::string_view file, Manifest& manifest) {
  absl::Status status = CheckSymbolCount(manifest);
  if (!status.ok()) return AtPlace(status, Place(file, member.line));
  absl::StatusOr<TableSymbol> symbol = ParseTableSymbol(member);
  if (absl::IsUnimplemented(symbol.status())) {
    const ErrorDetails details = GetErrorDetails(symbol.status()).value_or(ErrorDetails{});
    manifest.left_out.push_back(absl::StrCat(Place(file, LineOfField(member, details.field)), ": ",
                                             details.field, ": ", symbol.status().message()));
    return absl::OkStatus();
  }
  if (!symbol.ok()) return AtPlace(symbol.status(), PlaceOf(symbol.status(), member, file));
  const std::string& name = symbol->symbol.empty() ? member.name : symbol->symbol;
  status = CheckSymbolName(name);
  if (!status.ok()) {
    return AtPlace(WithFieldPrefix(status, Shown(absl::StrCat("symbols.", member.name))),
                   Place(file, member.line));
  }
  manifest.symbols.push_back(
      {name, std::move(symbol->signature), CallerProfile::kV8_10, {}, Place(file, member.line)});
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Manifest> ReadTableManifest(std::istream& input, absl::string_view file) {
  const absl::StatusOr<std::string> text = ReadAll(input, file);
  if (!text.ok()) return text.status();
  int error_line = 0;
  const absl::StatusOr<std::vector<TableMember>> members = SplitSymbolTable(*text, &error_line);
  if (!members.ok()) return AtPlace(members.status(), Place(file, error_line));
  Manifest manifest;
  for (const TableMember& member : *members) {
    absl::Status status = AddMember(member, file, manifest);
    if (!status.ok()) return status;
  }
  absl::Status status = KeepEachOnce(manifest);
  if (!status.ok()) return status;
  return manifest;
}

}  // namespace springboard
