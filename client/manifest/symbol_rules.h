#ifndef SPRINGBOARD_CLIENT_MANIFEST_SYMBOL_RULES_H_
#define SPRINGBOARD_CLIENT_MANIFEST_SYMBOL_RULES_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "client/manifest/manifest.h"
#include "compiler/target.h"

namespace springboard {

// The rules of manifests that all formats share.

// Error: INVALID_ARGUMENT, MALFORMED_MANIFEST, unless it is 1 to 4096 bytes without
// spaces and control characters.
absl::Status CheckSymbolName(absl::string_view name);

// Error: RESOURCE_EXHAUSTED, MANIFEST_TOO_LARGE, unless one more symbol fits a manifest.
absl::Status CheckSymbolCount(const Manifest& manifest);

// Puts targets in their order, each once.
void SortTargets(std::vector<Target>& targets);

// Whether a symbol has a trampoline for a target that is asked for.
bool IsFor(const ManifestSymbol& symbol, Target target);

// Keeps the first of symbols that are the same but for where they are written. Error:
// INVALID_ARGUMENT, DUPLICATE_SYMBOL, with both places, if a name is left twice for a target.
absl::Status KeepEachOnce(Manifest& manifest);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MANIFEST_SYMBOL_RULES_H_
