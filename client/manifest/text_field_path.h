#ifndef SPRINGBOARD_CLIENT_MANIFEST_TEXT_FIELD_PATH_H_
#define SPRINGBOARD_CLIENT_MANIFEST_TEXT_FIELD_PATH_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace springboard {

// The field of protobuf's text format that a place in it belongs to, "symbol[3].signature": what
// TextFormat's own errors do not say. Empty outside of all fields.
//
// `line` and `column` count from 0, as the parser's errors do. `first_symbol` is the index of the
// text's first symbol.
std::string TextFieldPath(absl::string_view text, int line, int column, size_t first_symbol);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MANIFEST_TEXT_FIELD_PATH_H_
