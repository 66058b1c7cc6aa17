#include "client/verified_source.h"

#include <algorithm>
#include <optional>
#include <utility>

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
  if (GetRejection(status).has_value()) return true;
  const std::optional<ErrorDetails> details = GetErrorDetails(status);
  if (!details.has_value()) return false;
  return status.code() == absl::StatusCode::kInternal ||
         details->reason == reason::kUnknownRelocation;
}

}  // namespace

absl::StatusOr<Trampoline> VerifiedSource::Prove(const CompileRequest& request,
                                                 absl::StatusOr<Trampoline> trampoline,
                                                 absl::Time deadline) {
  const absl::Status status =
      trampoline.ok() ? CheckAnswer(request, *trampoline) : trampoline.status();
  if (status.ok()) return trampoline;
  if (!IsUnusableAnswer(status)) return status;
  // CheckCode() counts what it rejects.
  if (!GetRejection(status).has_value()) Count(ClientEvent::kRejected);
  if (fallback_ == nullptr) return status;
  Count(ClientEvent::kFallback);
  LogWarning(absl::StrCat(status.message(), "; asking the fallback"));
  absl::StatusOr<Trampoline> other = fallback_->Compile(request, deadline);
  if (!other.ok()) return other;
  const absl::Status other_status = CheckAnswer(request, *other);
  if (!other_status.ok()) return other_status;
  return other;
}

absl::StatusOr<Trampoline> VerifiedSource::Compile(const CompileRequest& request,
                                                   absl::Time deadline) {
  return Prove(request, source_->Compile(request, deadline), deadline);
}

std::vector<absl::StatusOr<Trampoline>> VerifiedSource::CompileMany(
    absl::Span<const CompileRequest> requests, absl::Time deadline) {
  std::vector<absl::StatusOr<Trampoline>> results = source_->CompileMany(requests, deadline);
  for (size_t i = 0; i < std::min(results.size(), requests.size()); ++i) {
    results[i] = Prove(requests[i], std::move(results[i]), deadline);
  }
  return results;
}

absl::StatusOr<Capabilities> VerifiedSource::GetCapabilities(absl::Time deadline) {
  return source_->GetCapabilities(deadline);
}

}  // namespace springboard
