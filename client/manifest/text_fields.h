#ifndef SPRINGBOARD_CLIENT_MANIFEST_TEXT_FIELDS_H_
#define SPRINGBOARD_CLIENT_MANIFEST_TEXT_FIELDS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace springboard {

// How many values of the manifest's repeated fields come before a piece of it.
struct TextFieldCounts {
  int symbols = 0;
  int targets = 0;
};

// Where the fields of a manifest in protobuf's text format are: TextFormat's own locations know
// one place for a list, and its errors no field. Lines and columns count from 0. Of text that is
// not in the format, they are a guess.

// The line of each symbol of a piece of a manifest.
std::vector<int> SymbolLines(absl::string_view text);

// The line of the value with this path, "symbol[3].target[1]", or of what it would be in; 0 if
// there is nothing of it.
int LineOfField(absl::string_view text, absl::string_view path, const TextFieldCounts& before);

// The path of the field that a place in the text belongs to; empty outside of all fields.
std::string FieldAt(absl::string_view text, int line, int column, const TextFieldCounts& before);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MANIFEST_TEXT_FIELDS_H_
