#include "client/cli/load_tally.h"

#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "client/cli/output.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

// Longer than any of ours; what a server sends may be any length.
constexpr size_t kMaxReason = 64;
constexpr size_t kMaxMessage = 300;

std::string KindOf(const absl::Status& status) {
  const std::optional<ErrorDetails> details = GetErrorDetails(status);
  if (!details.has_value()) return CodeName(status);
  return absl::StrCat(CodeName(status), " ",
                      EscapeControls(absl::string_view(details->reason).substr(0, kMaxReason)));
}

}  // namespace

void LoadTally::Add(const CompileResults& results, absl::Duration latency) {
  std::set<Error*> kinds;
  for (const absl::StatusOr<Trampoline>& result : results) {
    if (result.ok()) {
      ++trampolines_;
      continue;
    }
    Error& error = ErrorOf(KindOf(result.status()));
    ++error.trampolines;
    if (kinds.insert(&error).second) ++error.calls;
    if (error.message.empty()) error.message = DetailText(result.status()).substr(0, kMaxMessage);
  }
  ++calls_;
  if (kinds.empty()) {
    latencies_.Add(latency);
  } else {
    ++failed_calls_;
  }
}

void LoadTally::Add(const LoadTally& other) {
  calls_ += other.calls_;
  failed_calls_ += other.failed_calls_;
  trampolines_ += other.trampolines_;
  latencies_.Add(other.latencies_);
  for (const auto& [kind, theirs] : other.errors_) {
    Error& error = ErrorOf(kind);
    error.calls += theirs.calls;
    error.trampolines += theirs.trampolines;
    if (error.message.empty()) error.message = theirs.message;
  }
}

LoadTally::Error& LoadTally::ErrorOf(const std::string& kind) {
  const auto found = errors_.find(kind);
  if (found != errors_.end()) return found->second;
  return errors_[errors_.size() < kMaxErrors ? kind : "OTHER"];
}

}  // namespace springboard
