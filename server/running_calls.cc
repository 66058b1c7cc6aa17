#include "server/running_calls.h"

#include "absl/strings/str_cat.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

// A call takes less; so there is likely to be room by then.
constexpr absl::Duration kRetryDelay = absl::Milliseconds(50);

absl::Status TooMany(absl::string_view reason, absl::string_view whose, uint32_t limit) {
  return WithRetryDelay(
      MakeError(absl::StatusCode::kResourceExhausted, reason, "",
                absl::StrCat("at most ", limit, " calls ", whose, " at a time; try again in ",
                             absl::ToInt64Milliseconds(kRetryDelay), " ms")),
      kRetryDelay);
}

}  // namespace

absl::Status RunningCalls::Begin(const std::string& client) {
  const absl::MutexLock lock(&mutex_);
  if (limits_.max_calls > 0 && count_ >= limits_.max_calls) {
    return TooMany(reason::kTooManyCalls, "run", limits_.max_calls);
  }
  if (limits_.max_calls_of_client > 0 && !client.empty()) {
    uint32_t& of_client = of_client_[client];
    if (of_client >= limits_.max_calls_of_client) {
      return TooMany(reason::kTooManyCallsOfClient, "of one client run",
                     limits_.max_calls_of_client);
    }
    ++of_client;
  }
  ++count_;
  return absl::OkStatus();
}

void RunningCalls::End(const std::string& client) {
  const absl::MutexLock lock(&mutex_);
  --count_;
  const auto of_client = of_client_.find(client);
  if (of_client != of_client_.end() && --of_client->second == 0) of_client_.erase(of_client);
}

void RunningCalls::WaitUntilNone(absl::Duration timeout) {
  const absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(
                              +[](uint32_t* count) { return *count == 0; }, &count_),
                          timeout);
}

}  // namespace springboard
