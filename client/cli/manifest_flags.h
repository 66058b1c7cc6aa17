#ifndef SPRINGBOARD_CLIENT_CLI_MANIFEST_FLAGS_H_
#define SPRINGBOARD_CLIENT_CLI_MANIFEST_FLAGS_H_

#include <CLI/App.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "client/manifest/manifest.h"
#include "client/manifest/manifest_file.h"
#include "compiler/target.h"

namespace springboard {

// What a command makes trampolines of: the flags --manifest, --manifest-... and --strict.
class ManifestFlags {
 public:
  // Adds the flags to `command`, which must not outlive this. The option --manifest is returned.
  CLI::Option* AddTo(CLI::App& command);

  bool is_given() const { return !files_.empty(); }
  const std::vector<std::string>& files() const { return files_; }

  // A manifest, and what it is for.
  struct Loaded {
    Manifest manifest;
    std::vector<Target> targets;  // See TargetsOf(); never empty.
  };

  // Reads the manifests for the targets that are named, if any are. What they leave out is printed
  // to stderr as warnings of `command` ("pack"). Errors: those of ReadManifest(), AddManifest() and
  // FindTarget(), and FAILED_PRECONDITION for what is left out, with --strict.
  absl::StatusOr<Loaded> Load(absl::string_view command,
                              absl::Span<const std::string> target_names) const;

 private:
  std::vector<std::string> files_;
  ManifestOptions options_;
  bool is_strict_ = false;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_CLI_MANIFEST_FLAGS_H_
