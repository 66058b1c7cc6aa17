#ifndef SPRINGBOARD_CLIENT_MANIFEST_TEXT_MANIFEST_H_
#define SPRINGBOARD_CLIENT_MANIFEST_TEXT_MANIFEST_H_

#include <istream>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/manifest/manifest.h"

namespace springboard {

// Reads springboard.v1.Manifest in protobuf's text format. It is read in pieces, so that a million
// symbols take little more memory than their Manifest; a list "symbol: [...]" is one piece, and has
// at most 16 MiB.
//
// `file` is what places are written with. Errors point to place and field,
// "stubs.textproto:12: symbol[3].signature.parameters[1]":
//   INVALID_ARGUMENT    MALFORMED_MANIFEST, DUPLICATE_SYMBOL, UNKNOWN_TARGET, UNKNOWN_PROFILE, and
//                       those of Signature::Parse()
//   RESOURCE_EXHAUSTED  MANIFEST_TOO_LARGE
absl::StatusOr<Manifest> ReadTextManifest(std::istream& input, absl::string_view file);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MANIFEST_TEXT_MANIFEST_H_
