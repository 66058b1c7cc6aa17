// Sources that fail, and what is asked instead.

#include "client/source/fallback_source.h"

#include <gtest/gtest.h>

#include <future>

#include "absl/time/clock.h"
#include "client/log.h"
#include "client/source/circuit_breaker_source.h"
#include "compiler/error_details.h"
#include "tests/client/source/scripted_source.h"

namespace springboard {
namespace {

using Results = std::future<CompileResults>;

CompileRequest Request(const char* signature) {
  return {*Signature::Parse(signature), Target::kX64SystemV};
}

absl::Status Gone() { return absl::UnavailableError("gone"); }

class FallbackSourceTest : public testing::Test {
 protected:
  SourceCounts counts() const { return statistics_->Get(); }

  const std::shared_ptr<ScriptedSource> first_ = std::make_shared<ScriptedSource>();
  const std::shared_ptr<ScriptedSource> other_ = std::make_shared<ScriptedSource>();
  const std::shared_ptr<SourceStatistics> statistics_ = std::make_shared<SourceStatistics>();
  FallbackSource source_{first_, other_, absl::Milliseconds(500), statistics_};
};

TEST_F(FallbackSourceTest, TheOtherIsNotAskedForWhatTheFirstGives) {
  Results results = source_.CompileLater({Request("u8(u8)"), Request("void()")});
  first_->Take().Answer();
  EXPECT_TRUE(results.get()[1].ok());
  EXPECT_EQ(other_->count(), 0);
  EXPECT_EQ(counts().fallbacks, 0u);
}

TEST_F(FallbackSourceTest, TheOtherIsAskedForWhatIsMissing) {
  const std::vector<CompileRequest> requests = {Request("u8(u8)"), Request("void()"),
                                                Request("i8(i8)")};
  Results results = source_.CompileLater(requests);
  CompileResults some = AllFailed(3, Gone());
  some[1] = Compile(requests[1]);
  first_->Take().done(some);
  const ScriptedSource::Call call = other_->Take();
  ASSERT_EQ(call.requests.size(), 2u);
  EXPECT_EQ(call.requests[1].signature, requests[2].signature);
  call.Answer();
  const CompileResults answers = results.get();
  for (size_t i = 0; i < requests.size(); ++i) EXPECT_EQ(*answers[i], *Compile(requests[i]));
  EXPECT_EQ(counts().fallbacks, 2u);
}

TEST_F(FallbackSourceTest, TheErrorIsTheOthers) {
  Results results = source_.CompileLater({Request("u8(u8)")});
  first_->Take().Fail(Gone());
  other_->Take().Fail(absl::InternalError("the other"));
  EXPECT_EQ(results.get()[0].status(), absl::InternalError("the other"));
}

TEST_F(FallbackSourceTest, TheFirstHasHalfOfTheTimeAndNoMoreThanThePatience) {
  const absl::Time start = absl::Now();
  Results patient = source_.CompileLater({Request("u8(u8)")});
  const absl::Time until = first_->Take().options.deadline;
  EXPECT_GE(until, start + absl::Milliseconds(500));
  EXPECT_LE(until, absl::Now() + absl::Milliseconds(500));
  const absl::Time deadline = absl::Now() + absl::Milliseconds(400);
  Results short_one = source_.CompileLater({Request("u8(u8)")}, deadline);
  const absl::Time now = absl::Now();
  EXPECT_LE(first_->Take().options.deadline, now + (deadline - now) / 2 + absl::Microseconds(1));
}

TEST_F(FallbackSourceTest, ACallThatIsGivenUpAsksNoOther) {
  const Cancellation cancellation = Cancellation::New();
  Results results =
      source_.CompileLater({Request("u8(u8)")}, {absl::InfiniteFuture(), cancellation});
  cancellation.Cancel();
  first_->Take().Fail(absl::CancelledError(""));
  EXPECT_EQ(results.get()[0].status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(other_->count(), 0);
}

class CircuitBreakerTest : public testing::Test {
 protected:
  CircuitBreakerTest() {
    SetClientLogSink([this](absl::string_view line) { log_.emplace_back(line); });
  }
  ~CircuitBreakerTest() override { SetClientLogSink(nullptr); }

  // The reason why a call was not let through; or that it was.
  std::string Try(const absl::Status& outcome) {
    Results results = source_.CompileLater({Request("u8(u8)")});
    if (results.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      if (outcome.ok()) {
        inner_->Take().Answer();
      } else {
        inner_->Take().Fail(outcome);
      }
      results.get();
      return "asked";
    }
    return GetErrorDetails(results.get()[0].status()).value_or(ErrorDetails{}).reason;
  }

  static BackoffOptions Backoff() {
    BackoffOptions options;
    options.initial = absl::Milliseconds(50);
    options.max = absl::Milliseconds(200);
    return options;
  }

  std::vector<std::string> log_;
  const std::shared_ptr<ScriptedSource> inner_ = std::make_shared<ScriptedSource>();
  const std::shared_ptr<SourceStatistics> statistics_ = std::make_shared<SourceStatistics>();
  CircuitBreakerSource source_{inner_, Backoff(), statistics_};
};

TEST_F(CircuitBreakerTest, LeavesASourceAloneForLongerAndLonger) {
  absl::Duration left_alone[6];
  EXPECT_EQ(Try(Gone()), "asked");
  for (absl::Duration& duration : left_alone) {
    const absl::Time start = absl::Now();
    EXPECT_EQ(Try(Gone()), "CIRCUIT_OPEN");
    while (Try(Gone()) != "asked") absl::SleepFor(absl::Milliseconds(1));
    duration = absl::Now() - start;
  }
  // 50 ms at first, at most 200 ms later, each by up to a fifth more or less.
  EXPECT_GE(left_alone[0], absl::Milliseconds(35));
  EXPECT_GE(left_alone[5], absl::Milliseconds(155));
  EXPECT_EQ(statistics_->Get().circuit_openings, 7u);
  EXPECT_EQ(log_.size(), 1u) << "one line until it works again";
}

TEST_F(CircuitBreakerTest, OneCallTriesAndTheOthersFollow) {
  EXPECT_EQ(Try(Gone()), "asked");
  absl::SleepFor(absl::Milliseconds(100));
  Results trying = source_.CompileLater({Request("u8(u8)")});
  EXPECT_EQ(Try(absl::OkStatus()), "CIRCUIT_OPEN");
  inner_->Take().Answer();
  EXPECT_TRUE(trying.get()[0].ok());
  EXPECT_EQ(Try(absl::OkStatus()), "asked");
  EXPECT_EQ(log_.size(), 2u);
}

TEST_F(CircuitBreakerTest, ErrorsOfTheRequestAndOfTheCallerDoNotCount) {
  for (const absl::Status& status :
       {absl::InvalidArgumentError("the signature"), absl::CancelledError("the caller")}) {
    EXPECT_EQ(Try(status), "asked");
    EXPECT_EQ(Try(absl::OkStatus()), "asked") << status;
  }
  Results hasty = source_.CompileLater({Request("u8(u8)")}, absl::Now() + absl::Milliseconds(50));
  inner_->Take().Fail(absl::DeadlineExceededError("too soon"));
  EXPECT_EQ(Try(absl::OkStatus()), "asked");
  Results fair = source_.CompileLater({Request("u8(u8)")}, absl::Now() + absl::Seconds(1));
  inner_->Take().Fail(absl::DeadlineExceededError("it had time"));
  EXPECT_EQ(Try(absl::OkStatus()), "CIRCUIT_OPEN");
}

// It never answers in the little time that it is given.
TEST_F(CircuitBreakerTest, ManyMissedDeadlinesDoCount) {
  for (int i = 0; i < 5; ++i) {
    Results hasty = source_.CompileLater({Request("u8(u8)")}, absl::Now() + absl::Milliseconds(20));
    inner_->Take().Fail(absl::DeadlineExceededError("too soon"));
    EXPECT_EQ(hasty.get()[0].status().code(), absl::StatusCode::kDeadlineExceeded);
  }
  EXPECT_EQ(Try(absl::OkStatus()), "CIRCUIT_OPEN");
}

TEST_F(CircuitBreakerTest, ATryThatIsGivenUpLeavesTheNextOneFree) {
  EXPECT_EQ(Try(Gone()), "asked");
  absl::SleepFor(absl::Milliseconds(100));
  EXPECT_EQ(Try(absl::CancelledError("")), "asked");
  EXPECT_EQ(Try(absl::OkStatus()), "asked");
}

}  // namespace
}  // namespace springboard
