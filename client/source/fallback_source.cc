#include "client/source/fallback_source.h"

#include <algorithm>
#include <cstddef>

#include "absl/time/clock.h"

namespace springboard {
namespace {

// What the first source left open.
struct Call {
  std::vector<CompileRequest> requests;
  CallOptions options;
  CompileCallback done;
  CompileResults results;
  std::vector<size_t> missing;  // Indexes.
};

void AskOther(const std::shared_ptr<Call>& call, TrampolineSource& other) {
  std::vector<CompileRequest> requests;
  requests.reserve(call->missing.size());
  for (const size_t index : call->missing) requests.push_back(call->requests[index]);
  other.Start(std::move(requests), call->options, [call](CompileResults results) {
    for (size_t i = 0; i < std::min(results.size(), call->missing.size()); ++i) {
      call->results[call->missing[i]] = std::move(results[i]);
    }
    call->done(std::move(call->results));
  });
}

}  // namespace

CallOptions FallbackSource::OptionsOfFirst(const CallOptions& options) const {
  const absl::Time now = absl::Now();
  CallOptions first = options;
  first.deadline = std::min(now + patience_, now + (options.deadline - now) / 2);
  return first;
}

void FallbackSource::Start(std::vector<CompileRequest> requests, const CallOptions& options,
                           CompileCallback done) {
  const auto call = std::make_shared<Call>();
  call->requests = std::move(requests);
  call->options = options;
  call->done = std::move(done);
  first_->Start(call->requests, OptionsOfFirst(options),
                [call, other = other_, statistics = statistics_](CompileResults results) {
                  call->results = std::move(results);
                  // A call that has no time left, or is given up, needs no other answer.
                  uint64_t failed = 0;
                  if (CheckWanted(call->options).ok()) {
                    for (size_t i = 0; i < call->results.size(); ++i) {
                      if (call->results[i].ok()) continue;
                      call->missing.push_back(i);
                      if (!IsMiss(call->results[i].status())) ++failed;
                    }
                  }
                  if (call->missing.empty()) {
                    call->done(std::move(call->results));
                    return;
                  }
                  statistics->Count(SourceEvent::kFallback, failed);
                  AskOther(call, *other);
                });
}

absl::StatusOr<Capabilities> FallbackSource::GetCapabilities(const CallOptions& options) {
  const std::shared_ptr<TrampolineSource> other = other_;
  absl::StatusOr<Capabilities> capabilities = first_->GetCapabilities(OptionsOfFirst(options));
  if (capabilities.ok() || !CheckWanted(options).ok()) return capabilities;
  return other->GetCapabilities(options);
}

}  // namespace springboard
