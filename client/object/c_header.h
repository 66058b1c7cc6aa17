#ifndef SPRINGBOARD_CLIENT_OBJECT_C_HEADER_H_
#define SPRINGBOARD_CLIENT_OBJECT_C_HEADER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "compiler/signature.h"

namespace springboard {

struct CHeaderFunction {
  std::string name;            // "__springboard_pow"
  std::string callee;          // "pow"
  const Signature* signature;  // Of the callee; never null.
  std::string origin;          // Where the callee is written, for errors: "stubs.textproto:12".
};

// A header for C and C++ that declares the functions as V8 calls them, the receiver first, and has
// for each the template that V8 is to be told, and a table of all. It needs no header of V8's. The
// name of the table comes from `file`, the header's name or path, and that of its include guard
// from that and what it declares. The same text for the same functions in the same order. Errors:
// INVALID_ARGUMENT with NOT_AN_IDENTIFIER for a function's name that is no identifier or is a
// keyword of C or C++, or DUPLICATE_SYMBOL for a name that the header needs twice; the field is the
// function's origin. Thread-safe.
absl::StatusOr<std::string> CHeader(absl::string_view file,
                                    absl::Span<const CHeaderFunction> functions);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_OBJECT_C_HEADER_H_
