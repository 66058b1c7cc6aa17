#include "client/manifest/manifest_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/manifest/place.h"
#include "client/manifest/symbol_rules.h"
#include "client/manifest/table_manifest.h"
#include "client/manifest/text_manifest.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

struct Extension {
  absl::string_view ending;
  ManifestFormat format;
};
constexpr Extension kExtensions[] = {
    {".textproto", ManifestFormat::kText},   {".txtpb", ManifestFormat::kText},
    {".pbtxt", ManifestFormat::kText},       {".ast.json", ManifestFormat::kClangDump},
    {".json", ManifestFormat::kSymbolTable},
};

absl::StatusOr<ManifestFormat> FormatOf(const std::string& path) {
  if (absl::EndsWith(path, ".h")) {
    return MalformedManifest(
        path, "",
        absl::StrCat("a header is read as clang prints it, for each system once: clang -Xclang "
                     "-ast-dump=json -fsyntax-only ",
                     Shown(path), " > ", Shown(path.substr(0, path.size() - 2)), ".ast.json"));
  }
  std::string endings;
  for (const Extension& extension : kExtensions) {
    if (absl::EndsWithIgnoreCase(path, extension.ending)) return extension.format;
    absl::StrAppend(&endings, " ", extension.ending);
  }
  return MalformedManifest(path, "",
                           absl::StrCat("a manifest's name ends with one of", endings,
                                        ", or --manifest-format says what it is"));
}

absl::StatusOr<Manifest> ReadStream(std::istream& input, const std::string& path,
                                    ManifestFormat format, const ManifestOptions& options) {
  switch (format) {
    case ManifestFormat::kClangDump:
      return ReadHeaderManifest(input, path, options.header);
    case ManifestFormat::kSymbolTable:
      return ReadTableManifest(input, path);
    case ManifestFormat::kText:
    case ManifestFormat::kByExtension:
      break;
  }
  return ReadTextManifest(input, path);
}

}  // namespace

absl::StatusOr<Manifest> ReadManifest(const std::string& path, const ManifestOptions& options) {
  const absl::StatusOr<ManifestFormat> format =
      options.format == ManifestFormat::kByExtension ? FormatOf(path) : options.format;
  if (!format.ok()) return format.status();
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  // A folder opens, but cannot be read.
  if (!file || (file.peek() == std::ifstream::traits_type::eof() && file.bad())) {
    return absl::NotFoundError(
        absl::StrCat("cannot read ", Shown(path), ": ", std::strerror(errno)));
  }
  absl::StatusOr<Manifest> manifest = ReadStream(file, path, *format, options);
  if (file.bad()) return absl::DataLossError(absl::StrCat("cannot read ", Shown(path)));
  return manifest;
}

absl::Status AddManifest(Manifest more, Manifest& manifest) {
  if (manifest.symbols.empty()) {
    manifest.symbols = std::move(more.symbols);
  } else {
    for (ManifestSymbol& symbol : more.symbols) {
      absl::Status status = CheckSymbolCount(manifest);
      if (!status.ok()) return AtPlace(status, symbol.origin);
      manifest.symbols.push_back(std::move(symbol));
    }
  }
  manifest.left_out.insert(manifest.left_out.end(), std::make_move_iterator(more.left_out.begin()),
                           std::make_move_iterator(more.left_out.end()));
  return KeepEachOnce(manifest);
}

}  // namespace springboard
