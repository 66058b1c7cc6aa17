#include "client/source/pack_source.h"

#include "absl/status/status.h"

namespace springboard {

void PackSource::Start(std::vector<CompileRequest> requests, const CallOptions& options,
                       CompileCallback done) {
  const absl::Status wanted = CheckWanted(options);
  if (!wanted.ok()) {
    done(AllFailed(requests.size(), wanted));
    return;
  }
  CompileResults results;
  results.reserve(requests.size());
  for (const CompileRequest& request : requests) results.push_back(pack_.Find(request));
  done(std::move(results));
}

absl::StatusOr<Capabilities> PackSource::GetCapabilities(const CallOptions& /*options*/) {
  return absl::UnimplementedError("a pack compiles nothing");
}

}  // namespace springboard
