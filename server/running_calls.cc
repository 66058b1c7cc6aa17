#include "server/running_calls.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

// A call takes less; so there is likely to be room by then.
constexpr absl::Duration kRetryDelay = absl::Milliseconds(50);

absl::Status TooMany(absl::string_view reason, uint64_t limit, absl::string_view what) {
  return WithRetryDelay(
      MakeError(absl::StatusCode::kResourceExhausted, reason, "",
                absl::StrCat("at most ", limit, " ", what, " at a time; try again in ",
                             absl::ToInt64Milliseconds(kRetryDelay), " ms")),
      kRetryDelay);
}

}  // namespace

absl::StatusOr<RunningCalls::Call> RunningCalls::Begin(const std::string& client) {
  const absl::MutexLock lock(&mutex_);
  if (limits_.max_calls > 0 && count_ >= limits_.max_calls) {
    return TooMany(reason::kTooManyCalls, limits_.max_calls, "calls run");
  }
  Call call(limits_.max_duration);
  // Without a limit too: there may be one by the time that this one ends.
  if (!client.empty()) {
    call.of_client_ = &CallsOf(client);
    if (limits_.max_calls_of_client > 0 && *call.of_client_ >= limits_.max_calls_of_client) {
      return TooMany(reason::kTooManyCallsOfClient, limits_.max_calls_of_client,
                     "calls of one client run");
    }
    ++*call.of_client_;
  }
  ++count_;
  return call;
}

uint32_t& RunningCalls::CallsOf(const std::string& client) {
  const auto known = of_client_.find(client);
  if (known != of_client_.end()) return known->second;
  if (of_client_.size() >= max_known_clients_) {
    for (auto one = of_client_.begin(); one != of_client_.end();) {
      one = one->second == 0 ? of_client_.erase(one) : std::next(one);
    }
    // Twice what is left, so that few new ones find it full.
    max_known_clients_ = std::max(kMinKnownClients, 2 * of_client_.size());
  }
  return of_client_[client];
}

absl::Status RunningCalls::Answer(uint64_t bytes) {
  const absl::MutexLock lock(&mutex_);
  // A single one is sent, however long it is.
  if (limits_.max_answer_bytes > 0 && answer_bytes_ > 0 &&
      answer_bytes_ + bytes > limits_.max_answer_bytes) {
    return TooMany(reason::kTooManyAnswerBytes, limits_.max_answer_bytes,
                   "bytes of answers wait for clients to read them");
  }
  answer_bytes_ += bytes;
  return absl::OkStatus();
}

void RunningCalls::End(const Call& call, uint64_t answer_bytes) {
  const absl::MutexLock lock(&mutex_);
  --count_;
  answer_bytes_ -= answer_bytes;
  if (call.of_client_ != nullptr) --*call.of_client_;
}

RunningCalls::Counts RunningCalls::counts() const {
  const absl::MutexLock lock(&mutex_);
  return {count_, answer_bytes_};
}

size_t RunningCalls::known_clients() const {
  const absl::MutexLock lock(&mutex_);
  return of_client_.size();
}

void RunningCalls::SetLimits(const CallLimits& limits) {
  const absl::MutexLock lock(&mutex_);
  limits_ = limits;
}

void RunningCalls::WaitUntilNone(absl::Duration timeout) {
  const absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(
                              +[](uint32_t* count) { return *count == 0; }, &count_),
                          timeout);
}

}  // namespace springboard
