#ifndef SPRINGBOARD_CLIENT_MANIFEST_MANIFEST_REQUESTS_H_
#define SPRINGBOARD_CLIENT_MANIFEST_MANIFEST_REQUESTS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "client/manifest/manifest.h"
#include "compiler/compile_request.h"
#include "compiler/target.h"

namespace springboard {

// What a manifest is for: `asked`, or else the targets that its symbols name, or else the host's.
// Ascending; empty on a host that is no target.
std::vector<Target> TargetsOf(const Manifest& manifest, absl::Span<const Target> asked);

// What is to be compiled for a manifest, each request once, given out in portions: those of a
// million symbols for five targets do not fit memory. Their order depends on the signatures alone
// and not on that of the symbols. Thread-compatible.
class ManifestRequests {
 public:
  // `manifest` must outlive this. A symbol is for those of the targets that it allows.
  ManifestRequests(const Manifest& manifest, absl::Span<const Target> targets);

  // Of all requests.
  size_t size() const { return size_; }

  // The next ones, at least `count` of them while there are so many, and at most kTargetCount - 1
  // more. Empty at the end.
  std::vector<CompileRequest> Next(size_t count);

 private:
  // The symbol that stands for all with its signature and profile, and the targets of all of them.
  struct Group {
    uint32_t symbol;
    uint32_t targets;  // A bit for each.
  };

  const Manifest& manifest_;
  std::vector<Group> groups_;
  size_t size_ = 0;
  size_t next_group_ = 0;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MANIFEST_MANIFEST_REQUESTS_H_
