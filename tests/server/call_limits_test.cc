// A server that has as many calls as it takes: it refuses at once and says when to come back, and
// the client does.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/source/remote_source.h"
#include "compiler/error_details.h"
#include "server/client_of_peer.h"
#include "server/running_calls.h"
#include "tests/support/server_program.h"

namespace springboard {
namespace {

std::string ReasonOf(const absl::Status& status) {
  return GetErrorDetails(status).value_or(ErrorDetails{"none", ""}).reason;
}

TEST(RunningCallsTest, ThereAreNoMoreThanMayBe) {
  CallLimits limits;
  limits.max_calls = 2;
  RunningCalls calls(limits);
  const absl::StatusOr<RunningCalls::Call> first = calls.Begin("a");
  EXPECT_EQ(first->max_duration(), limits.max_duration);
  EXPECT_TRUE(calls.Begin("a").ok());
  const absl::Status refused = calls.Begin("b").status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(refused), "TOO_MANY_CALLS");
  EXPECT_EQ(GetRetryDelay(refused), absl::Milliseconds(50));
  calls.End(*first, 0);
  EXPECT_TRUE(calls.Begin("b").ok());
}

TEST(RunningCallsTest, OneClientDoesNotTakeThePlaceOfOthers) {
  CallLimits limits;
  limits.max_calls = 0;
  limits.max_calls_of_client = 2;
  RunningCalls calls(limits);
  EXPECT_TRUE(calls.Begin("a").ok());
  const absl::StatusOr<RunningCalls::Call> second = calls.Begin("a");
  EXPECT_EQ(ReasonOf(calls.Begin("a").status()), "TOO_MANY_CALLS_OF_CLIENT");
  EXPECT_TRUE(calls.Begin("b").ok());
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(calls.Begin("").ok()) << "nobody single";
  calls.End(*second, 0);
  EXPECT_TRUE(calls.Begin("a").ok());
  EXPECT_FALSE(calls.Begin("a").ok());
}

TEST(RunningCallsTest, ClientsWithoutCallsAreForgottenOnceThereAreMany) {
  CallLimits limits;
  limits.max_calls_of_client = 1;
  RunningCalls calls(limits);
  const absl::StatusOr<RunningCalls::Call> running = calls.Begin("runs");
  for (size_t i = 0; i < 3 * RunningCalls::kMinKnownClients; ++i) {
    calls.End(*calls.Begin(absl::StrCat("client ", i)), 0);
    ASSERT_LE(calls.known_clients(), RunningCalls::kMinKnownClients);
  }
  EXPECT_FALSE(calls.Begin("runs").ok()) << "it is still known";
  calls.End(*running, 0);
  EXPECT_TRUE(calls.Begin("runs").ok());
  EXPECT_EQ(calls.counts().calls, 1u);
}

TEST(RunningCallsTest, AllClientsWithCallsAreKnown) {
  constexpr size_t kClients = 2 * RunningCalls::kMinKnownClients;
  CallLimits limits;
  limits.max_calls = 0;
  limits.max_calls_of_client = 1;
  RunningCalls calls(limits);
  std::vector<RunningCalls::Call> running;
  for (size_t i = 0; i < kClients; ++i) {
    running.push_back(*calls.Begin(absl::StrCat("client ", i)));
  }
  EXPECT_EQ(calls.known_clients(), kClients);
  for (size_t i = 0; i < kClients; ++i) {
    EXPECT_FALSE(calls.Begin(absl::StrCat("client ", i)).ok()) << i;
  }
  for (const RunningCalls::Call& call : running) calls.End(call, 0);
  for (size_t i = 0; i < 2 * kClients + 1; ++i) {
    calls.End(*calls.Begin(absl::StrCat("new ", i)), 0);
    ASSERT_LE(calls.known_clients(), kClients);
  }
}

TEST(RunningCallsTest, AnswersThatWaitAreLimitedTogether) {
  CallLimits limits;
  limits.max_answer_bytes = 100;
  RunningCalls calls(limits);
  const absl::StatusOr<RunningCalls::Call> call = calls.Begin("a");
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(calls.Begin("a").ok());
  EXPECT_TRUE(calls.Answer(1000).ok()) << "the only one is sent, however long it is";
  const absl::Status refused = calls.Answer(1);
  EXPECT_EQ(ReasonOf(refused), "TOO_MANY_ANSWER_BYTES");
  EXPECT_TRUE(GetRetryDelay(refused).has_value());
  calls.End(*call, 1000);
  EXPECT_TRUE(calls.Answer(60).ok());
  EXPECT_TRUE(calls.Answer(40).ok());
  EXPECT_FALSE(calls.Answer(1).ok());
}

TEST(ClientOfPeerTest, IsAnAddressOrANetwork) {
  EXPECT_EQ(ClientOfPeer("ipv4:192.0.2.1:4711"), "ipv4:192.0.2.1");
  EXPECT_EQ(ClientOfPeer("ipv6:%5B2001:db8:1:2:3:4:5:6%5D:4711"), "ipv6:2001:db8:1:2::/64");
  EXPECT_EQ(ClientOfPeer("ipv6:[2001:db8:1:2::1]:4711"), "ipv6:2001:db8:1:2::/64");
  EXPECT_EQ(ClientOfPeer("ipv6:[fe80::1%25eth0]:1"), "ipv6:fe80::/64");
  EXPECT_EQ(ClientOfPeer("unix:"), "");
  EXPECT_EQ(ClientOfPeer("unix:/run/x"), "");
  EXPECT_EQ(ClientOfPeer("ipv6:nonsense:1"), "ipv6:nonsense") << "told apart all the same";
}

const CompileRequest& Small() {
  static const CompileRequest request = {*Signature::Parse("u8(u8)"), Target::kX64SystemV};
  return request;
}

// A batch that keeps the server busy for some time.
std::vector<CompileRequest> LongBatch() {
  std::string signature = "u8(u8";
  for (int i = 0; i < 200; ++i) signature += ",u8";
  return std::vector<CompileRequest>(5000, {*Signature::Parse(signature + ")"), Target::kA64Apple});
}

TEST(CallLimitsTest, WhoIsRefusedComesBackAndIsServed) {
  const ServerProgram server({"--max_calls=1"});
  RemoteSource busy(server.address());
  std::future<CompileResults> batch = busy.CompileLater(LongBatch());
  std::vector<std::thread> threads;
  std::atomic<int> served = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      RemoteSource source(server.address());
      const absl::Status status = source.Compile(Small(), absl::Now() + absl::Seconds(20)).status();
      EXPECT_TRUE(status.ok()) << status;
      served += status.ok() ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(served, 8);
  for (const auto& result : batch.get()) ASSERT_TRUE(result.ok()) << result.status();
}

// One call's own messages are in each other's way, for longer than 20 refusals take.
TEST(CallLimitsTest, ALongCallIsServedByAServerThatTakesOneMessageAtATime) {
  const ServerProgram server({"--max_calls=1", "--max_calls_of_client=1", "--max_batch_items=100"});
  RemoteSource source(server.address());
  const CompileResults results = source
                                     .CompileLater(std::vector<CompileRequest>(6000, Small()),
                                                   {absl::Now() + absl::Seconds(60)})
                                     .get();
  for (const auto& result : results) ASSERT_TRUE(result.ok()) << result.status();
}

// While batches keep the server busy, of calls that have no time to wait some are refused for this.
void ExpectRefusals(const ServerProgram& server, const std::string& reason,
                    const std::string& message) {
  RemoteSource busy(server.address());
  std::vector<std::future<CompileResults>> batches;
  for (int i = 0; i < 4; ++i) batches.push_back(busy.CompileLater(LongBatch()));
  RemoteSource source(server.address());
  int refused = 0;
  for (int i = 0; i < 50; ++i) {
    const absl::Status status =
        source.Compile(Small(), absl::Now() + absl::Milliseconds(45)).status();
    if (status.code() != absl::StatusCode::kResourceExhausted) continue;
    ++refused;
    EXPECT_EQ(ReasonOf(status), reason);
    EXPECT_THAT(std::string(status.message()), testing::HasSubstr(message));
  }
  EXPECT_GT(refused, 0);
  for (auto& batch : batches) {
    for (const auto& result : batch.get()) ASSERT_TRUE(result.ok()) << result.status();
  }
}

TEST(CallLimitsTest, WhoHasNoTimeLeftIsToldAtOnce) {
  const ServerProgram server({"--max_calls=1"});
  ExpectRefusals(server, "TOO_MANY_CALLS", "at most 1 calls run");
}

TEST(CallLimitsTest, AnAddressHasItsShareAndNoMore) {
  const ServerProgram server({"--max_calls_of_client=1"}, "127.0.0.1:0");
  ExpectRefusals(server, "TOO_MANY_CALLS_OF_CLIENT", "at most 1 calls of one client run");
  RemoteSource source(server.address());
  EXPECT_TRUE(source.Compile(Small(), absl::Now() + absl::Seconds(20)).ok());
}

TEST(CallLimitsTest, AWaitingCallIsGivenUpAtOnce) {
  const ServerProgram server({"--max_calls=1"});
  RemoteSource busy(server.address());
  std::vector<std::future<CompileResults>> batches;
  for (int i = 0; i < 2; ++i) batches.push_back(busy.CompileLater(LongBatch()));
  RemoteSource source(server.address());
  const Cancellation cancellation = Cancellation::New();
  std::future<CompileResults> waits =
      source.CompileLater({Small()}, {absl::InfiniteFuture(), cancellation});
  absl::SleepFor(absl::Milliseconds(20));
  cancellation.Cancel();
  EXPECT_EQ(waits.wait_for(std::chrono::seconds(5)), std::future_status::ready);
  const absl::StatusCode code = waits.get().front().status().code();
  EXPECT_TRUE(code == absl::StatusCode::kCancelled || code == absl::StatusCode::kOk) << code;
  for (auto& batch : batches) batch.wait();
}

}  // namespace
}  // namespace springboard
