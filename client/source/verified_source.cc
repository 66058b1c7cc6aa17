#include "client/source/verified_source.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "client/code_check.h"
#include "client/log.h"
#include "client/statistics.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

// A proof is worth nothing for another target than the one that was asked for.
absl::Status CheckAnswer(const CompileRequest& request, const Trampoline& trampoline) {
  if (trampoline.target != request.target || trampoline.profile != request.profile) {
    return MakeError(absl::StatusCode::kInternal, reason::kWrongTarget, "target",
                     absl::StrCat("asked for ", ToString(request.target), " and ",
                                  Info(request.profile).name, "; got another target or profile"));
  }
  return CheckCode(request.signature, trampoline, Verification::kOn);
}

// The source has answered, with something that is no trampoline for the request.
bool IsUnusableAnswer(const absl::Status& status) {
  const std::optional<ErrorDetails> details = GetErrorDetails(status);
  if (!details.has_value()) return false;
  return status.code() == absl::StatusCode::kInternal ||
         details->reason == reason::kUnknownRelocation;
}

}  // namespace

void VerifiedSource::Start(std::vector<CompileRequest> requests, const CallOptions& options,
                           CompileCallback done) {
  const auto asked = std::make_shared<const std::vector<CompileRequest>>(std::move(requests));
  source_->Start(*asked, options,
                 [asked, statistics = statistics_, done = std::move(done)](CompileResults results) {
                   for (size_t i = 0; i < std::min(results.size(), asked->size()); ++i) {
                     const absl::Status status = results[i].ok()
                                                     ? CheckAnswer((*asked)[i], *results[i])
                                                     : results[i].status();
                     if (status.ok()) continue;
                     if (results[i].ok() || IsUnusableAnswer(status)) {
                       statistics->Count(SourceEvent::kRejected);
                       // CheckCode() counts what it rejects.
                       if (!GetRejection(status).has_value()) Count(ClientEvent::kRejected);
                       LogWarning(status.message());
                     }
                     results[i] = status;
                   }
                   done(std::move(results));
                 });
}

absl::StatusOr<Capabilities> VerifiedSource::GetCapabilities(const CallOptions& options) {
  return source_->GetCapabilities(options);
}

}  // namespace springboard
