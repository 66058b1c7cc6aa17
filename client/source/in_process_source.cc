#include "client/source/in_process_source.h"

#include <limits>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "compiler/compile.h"

namespace springboard {

void InProcessSource::Start(std::vector<CompileRequest> requests, const CallOptions& options,
                            CompileCallback done) {
  CompileResults results;
  results.reserve(requests.size());
  for (const CompileRequest& request : requests) {
    absl::Status wanted = CheckWanted(options);
    if (wanted.ok()) {
      results.push_back(springboard::Compile(request));
    } else {
      results.push_back(std::move(wanted));
    }
  }
  done(std::move(results));
}

absl::StatusOr<Capabilities> InProcessSource::GetCapabilities(const CallOptions& /*options*/) {
  Capabilities capabilities;
  capabilities.codegen_version = kCodegenVersion;
  for (const TargetInfo& row : AllTargets()) {
    capabilities.targets.push_back({std::string(row.name), std::string(Info(row.isa).name),
                                    std::string(row.caller(CallerProfile::kV8_10).name),
                                    std::string(row.callee->name)});
  }
  for (const CallerProfileInfo& row : AllCallerProfiles()) {
    capabilities.profiles.emplace_back(row.name);
  }
  capabilities.max_parameters = Signature::kMaxParameters;
  capabilities.max_batch_items = std::numeric_limits<uint32_t>::max();
  return capabilities;
}

}  // namespace springboard
