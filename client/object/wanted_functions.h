#ifndef SPRINGBOARD_CLIENT_OBJECT_WANTED_FUNCTIONS_H_
#define SPRINGBOARD_CLIENT_OBJECT_WANTED_FUNCTIONS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/manifest/manifest.h"
#include "compiler/target.h"

namespace springboard {

// What a pattern has in place of the callee's name.
inline constexpr absl::string_view kCalleeInPattern = "{name}";

// A function that an object is to have.
struct WantedFunction {
  std::string name;              // "__springboard_pow"
  const ManifestSymbol* callee;  // Never null.
};

// Those of a manifest for a target, by name: the trampoline of NAME is called what `pattern` says,
// "__springboard_{name}". `manifest` must outlive them. Errors: INVALID_ARGUMENT with
// NOT_AN_IDENTIFIER (field "symbol_pattern") for a pattern that has not {name} once or gives what
// is no symbol's name, or DUPLICATE_SYMBOL, with the places, for a trampoline that has the name of
// a function of the manifest, which would branch to it in the function's stead.
absl::StatusOr<std::vector<WantedFunction>> WantedFunctions(const Manifest& manifest, Target target,
                                                            absl::string_view pattern);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_OBJECT_WANTED_FUNCTIONS_H_
