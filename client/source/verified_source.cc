#include "client/source/verified_source.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>

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
  if (details->reason == reason::kUnknownRelocation) return true;
  constexpr absl::string_view kMalformed[] = {reason::kMalformedResponse, reason::kWrongTarget,
                                              reason::kUnknownTarget, reason::kUnknownProfile,
                                              reason::kCalleeOffsetOutOfRange};
  return status.code() == absl::StatusCode::kInternal &&
         std::find(std::begin(kMalformed), std::end(kMalformed), details->reason) !=
             std::end(kMalformed);
}

// As many as were asked for, whatever a source of somebody else's gave.
void CheckCount(size_t asked, CompileResults& results) {
  if (results.size() == asked) return;
  results = AllFailed(
      asked, MakeError(absl::StatusCode::kInternal, reason::kMalformedResponse, "",
                       absl::StrCat("asked for ", asked, " trampolines; got ", results.size())));
}

// Puts errors in the place of what was not proven.
void CheckAnswers(const std::vector<CompileRequest>& requests, SourceStatistics& statistics,
                  CompileResults& results) {
  CheckCount(requests.size(), results);
  size_t rejected = 0;
  absl::Status first;
  for (size_t i = 0; i < requests.size(); ++i) {
    const absl::Status status =
        results[i].ok() ? CheckAnswer(requests[i], *results[i]) : results[i].status();
    if (status.ok()) continue;
    if (results[i].ok() || IsUnusableAnswer(status)) {
      // CheckCode() counts what it rejects.
      if (!GetRejection(status).has_value()) Count(ClientEvent::kRejected);
      if (rejected++ == 0) first = status;
    }
    results[i] = status;
  }
  if (rejected == 0) return;
  statistics.Count(SourceEvent::kRejected, rejected);
  LogWarning(rejected == 1 ? std::string(first.message())
                           : absl::StrCat("rejected ", rejected, " of ", requests.size(),
                                          " trampolines; the first: ", first.message()));
}

}  // namespace

void VerifiedSource::Start(std::vector<CompileRequest> requests, const CallOptions& options,
                           CompileCallback done) {
  const auto asked = std::make_shared<const std::vector<CompileRequest>>(std::move(requests));
  source_->Start(*asked, options,
                 [asked, statistics = statistics_, done = std::move(done)](CompileResults results) {
                   CheckAnswers(*asked, *statistics, results);
                   done(std::move(results));
                 });
}

absl::StatusOr<Capabilities> VerifiedSource::GetCapabilities(const CallOptions& options) {
  return source_->GetCapabilities(options);
}

}  // namespace springboard
