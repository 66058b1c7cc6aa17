#include "client/in_process/in_process_source.h"

#include <limits>
#include <string>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "compiler/compile.h"

namespace springboard {

absl::StatusOr<Trampoline> InProcessSource::Compile(const CompileRequest& request,
                                                    absl::Time deadline) {
  if (absl::Now() >= deadline) return absl::DeadlineExceededError("the deadline is past");
  return springboard::Compile(request);
}

std::vector<absl::StatusOr<Trampoline>> InProcessSource::CompileMany(
    absl::Span<const CompileRequest> requests, absl::Time deadline) {
  std::vector<absl::StatusOr<Trampoline>> results;
  results.reserve(requests.size());
  for (const CompileRequest& request : requests) results.push_back(Compile(request, deadline));
  return results;
}

absl::StatusOr<Capabilities> InProcessSource::GetCapabilities(absl::Time /*deadline*/) {
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
