#ifndef SPRINGBOARD_CLIENT_MANIFEST_MANIFEST_FILE_H_
#define SPRINGBOARD_CLIENT_MANIFEST_MANIFEST_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/manifest/header_manifest.h"
#include "client/manifest/manifest.h"
#include "compiler/target.h"

namespace springboard {

// What a manifest is written in.
enum class ManifestFormat {
  kByExtension,
  kText,         // springboard.v1.Manifest: .textproto, .txtpb, .pbtxt
  kSymbolTable,  // Deno's dlopen() symbols in JSON: .json
  kClangDump,    // A C header as clang -Xclang -ast-dump=json prints it: .ast.json
};

struct ManifestOptions {
  ManifestFormat format = ManifestFormat::kByExtension;
  HeaderOptions header;
};

// Reads a file. Errors: NOT_FOUND and DATA_LOSS if it cannot be read, INVALID_ARGUMENT with
// MALFORMED_MANIFEST for an extension that is none of a format, and those of the format's reader,
// which point to file, line and field.
absl::StatusOr<Manifest> ReadManifest(const std::string& path, const ManifestOptions& options = {});

// Adds the symbols of another manifest. Errors: DUPLICATE_SYMBOL, MANIFEST_TOO_LARGE.
absl::Status AddManifest(Manifest more, Manifest& manifest);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MANIFEST_MANIFEST_FILE_H_
