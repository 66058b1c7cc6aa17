#ifndef SPRINGBOARD_CLIENT_SOURCE_CACHED_SOURCE_H_
#define SPRINGBOARD_CLIENT_SOURCE_CACHED_SOURCE_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "client/source/source_statistics.h"
#include "client/source/trampoline_source.h"

namespace springboard {

// Keeps what another source gave, and asks it but once for what several calls want at a time, in
// one call or in many. Errors are not kept. What it keeps is of one codegen version: when one of
// another version comes, as from another server, the rest is forgotten.
//
// A call waits for another's request only if that ends no later than itself, or little. It keeps
// its own deadline and cancellation; if the other's end first, the request is made again.
class CachedSource final : public TrampolineSource {
 public:
  // Keeps trampolines of up to `max_bytes`, with all that keeping them takes, and forgets first
  // those that were not used lately. With 0 it only joins requests.
  CachedSource(std::shared_ptr<TrampolineSource> source, size_t max_bytes,
               std::shared_ptr<SourceStatistics> statistics);

  void Start(std::vector<CompileRequest> requests, const CallOptions& options,
             CompileCallback done) override;
  std::optional<Trampoline> FindKept(const CompileRequest& request) override;
  absl::StatusOr<Capabilities> GetCapabilities(const CallOptions& options) override;

 private:
  class Cache;

  const std::shared_ptr<Cache> cache_;  // Kept by calls in progress.
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_SOURCE_CACHED_SOURCE_H_
