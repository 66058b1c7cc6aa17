#ifndef SPRINGBOARD_CLIENT_MANIFEST_HEADER_MANIFEST_H_
#define SPRINGBOARD_CLIENT_MANIFEST_HEADER_MANIFEST_H_

#include <cstdint>
#include <istream>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/manifest/manifest.h"

namespace springboard {

struct HeaderOptions {
  // Also the functions of the files that the header includes.
  bool has_included = false;
  // Of the dump: a dump of all headers that a system has is a tenth of it.
  uint64_t max_bytes = uint64_t{4} << 30;
};

// Reads the functions of a C header from what clang prints of it:
//
//   clang -Xclang -ast-dump=json -fsyntax-only zlib.h > zlib.ast.json
//
// They are for the targets that clang was run for (--target=), since a header says something else
// on another system; several dumps make one manifest. Pointers are `pointer` and `function`, never
// `buffer`. What trampolines cannot have is left out: functions without external linkage of their
// own (static, inline), with another name for linkers, variadic ones, structs by value, long
// double, vectors, other calling conventions. Places of symbols are in the header: "zlib.h:220".
//
// `file` is what places in the dump are written with. Errors:
//   INVALID_ARGUMENT    WRONG_DUMP, also of a header that has no functions but in what it includes;
//                       MALFORMED_MANIFEST for a name that is none
//   RESOURCE_EXHAUSTED  MANIFEST_TOO_LARGE, also for more than Manifest::kMaxSymbols declarations
absl::StatusOr<Manifest> ReadHeaderManifest(std::istream& input, absl::string_view file,
                                            const HeaderOptions& options = {});

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MANIFEST_HEADER_MANIFEST_H_
