// An address that names several servers, and one that names one: who is asked, and how often.

#include <gmock/gmock.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "client/source/remote_source.h"
#include "compiler/compile.h"
#include "compiler/error_details.h"
#include "proto/conversion.h"
#include "proto/grpc_status.h"
#include "springboard/v1/trampoline_compiler.grpc.pb.h"
#include "tests/support/free_port.h"

namespace springboard {
namespace {

constexpr int kCalls = 60;

// A server on loopback that counts its calls, and fails as many as it is told to.
class CountingServer final : public v1::TrampolineCompiler::Service {
 public:
  CountingServer() : address_(absl::StrCat("127.0.0.1:", FreePort())) {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address_, grpc::InsecureServerCredentials());
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    SetServing(true);
  }
  ~CountingServer() override { Shutdown(); }

  const std::string& address() const { return address_; }
  int calls() const { return calls_; }
  void SetServing(bool is_serving) {
    server_->GetHealthCheckService()->SetServingStatus(v1::TrampolineCompiler::service_full_name(),
                                                       is_serving);
  }
  void FailNext(int calls, const absl::Status& status) {
    failure_ = status;
    failures_ = calls;
  }
  void Shutdown() { server_->Shutdown(absl::ToChronoTime(absl::Now())); }

  grpc::Status CompileTrampoline(grpc::ServerContext* /*context*/,
                                 const v1::CompileTrampolineRequest* request,
                                 v1::CompileTrampolineResponse* response) override {
    ++calls_;
    if (failures_-- > 0) return ToGrpcStatus(failure_);
    const absl::StatusOr<CompileRequest> known = FromProto(*request, 256);
    ToProto(*Compile(*known), known->signature, response->mutable_trampoline());
    return grpc::Status::OK;
  }

 private:
  const std::string address_;
  std::atomic<int> calls_ = 0;
  std::atomic<int> failures_ = 0;
  absl::Status failure_;  // Set while there are no calls.
  std::unique_ptr<grpc::Server> server_;
};

absl::Status Ask(RemoteSource& source) {
  return source
      .Compile({*Signature::Parse("u8(u8)"), Target::kX64SystemV}, absl::Now() + absl::Seconds(10))
      .status();
}

class SeveralServersTest : public testing::Test {
 protected:
  SeveralServersTest() : source_(absl::StrCat("ipv4:", absl::StrJoin(Addresses(), ","))) {}

  // Until all three have answered; false if one does not within 10 s.
  bool AwaitAll() {
    const absl::Time deadline = absl::Now() + absl::Seconds(10);
    while (servers_[0].calls() == 0 || servers_[1].calls() == 0 || servers_[2].calls() == 0) {
      if (absl::Now() > deadline || !Ask(source_).ok()) return false;
    }
    return true;
  }

  // The calls of each server among so many that are answered.
  std::vector<int> CallsOf(int calls) {
    std::vector<int> counts;
    for (const CountingServer& server : servers_) counts.push_back(-server.calls());
    for (int i = 0; i < calls; ++i) {
      const absl::Status status = Ask(source_);
      EXPECT_TRUE(status.ok()) << status;
    }
    for (size_t i = 0; i < counts.size(); ++i) counts[i] += servers_[i].calls();
    return counts;
  }

  std::array<CountingServer, 3> servers_;
  RemoteSource source_;

 private:
  std::vector<std::string> Addresses() const {
    std::vector<std::string> addresses;
    for (const CountingServer& server : servers_) addresses.push_back(server.address());
    return addresses;
  }
};

TEST_F(SeveralServersTest, AreAskedInTurn) {
  ASSERT_TRUE(AwaitAll());
  EXPECT_THAT(CallsOf(kCalls),
              testing::Each(testing::AllOf(testing::Ge(kCalls / 4), testing::Le(kCalls / 2))));
}

TEST_F(SeveralServersTest, OneThatDoesNotServeIsNotAsked) {
  ASSERT_TRUE(AwaitAll());
  servers_[1].SetServing(false);
  // The watch of its health tells so soon, not at once.
  absl::SleepFor(absl::Milliseconds(200));
  EXPECT_EQ(CallsOf(kCalls)[1], 0) << "the client does not watch its servers' health";
  servers_[1].SetServing(true);
  absl::SleepFor(absl::Milliseconds(200));
  EXPECT_GT(CallsOf(kCalls)[1], 0) << "a server that serves again is left alone";
}

TEST_F(SeveralServersTest, OneThatIsGoneCostsNoCall) {
  ASSERT_TRUE(AwaitAll());
  servers_[0].Shutdown();
  EXPECT_EQ(CallsOf(kCalls)[0], 0);
}

TEST_F(SeveralServersTest, AnotherOneAnswersWhatOneCannot) {
  ASSERT_TRUE(AwaitAll());
  servers_[0].FailNext(1, absl::UnavailableError("for once"));
  servers_[1].FailNext(1, absl::UnavailableError("for once"));
  const std::vector<int> calls = CallsOf(3);
  EXPECT_EQ(calls[0] + calls[1] + calls[2], 5) << "two calls were to be sent once more";
}

TEST_F(SeveralServersTest, AnErrorOfTheRequestIsNotAskedForAgain) {
  ASSERT_TRUE(AwaitAll());
  for (CountingServer& server : servers_) server.FailNext(1, absl::InvalidArgumentError("wrong"));
  int before = 0;
  for (const CountingServer& server : servers_) before += server.calls();
  EXPECT_EQ(Ask(source_).code(), absl::StatusCode::kInvalidArgument);
  for (const CountingServer& server : servers_) before -= server.calls();
  EXPECT_EQ(before, -1);
}

TEST_F(SeveralServersTest, WhenAllAreGoneThatIsSaidWithinTheDeadline) {
  ASSERT_TRUE(AwaitAll());
  for (CountingServer& server : servers_) server.Shutdown();
  const absl::Time start = absl::Now();
  EXPECT_EQ(Ask(source_).code(), absl::StatusCode::kUnavailable);
  EXPECT_LT(absl::Now() - start, absl::Seconds(5));
}

TEST(OneServerTest, WhatItsProxyLosesIsAskedForTwiceMore) {
  CountingServer server;
  RemoteSource source(server.address());
  ASSERT_TRUE(Ask(source).ok());
  for (const absl::StatusCode code : {absl::StatusCode::kUnavailable, absl::StatusCode::kUnknown}) {
    const int before = server.calls();
    server.FailNext(2, absl::Status(code, "without details, as a proxy says it"));
    EXPECT_TRUE(Ask(source).ok());
    EXPECT_EQ(server.calls() - before, 3);
    server.FailNext(3, absl::Status(code, "without details, as a proxy says it"));
    EXPECT_FALSE(Ask(source).ok()) << "it is not asked without end";
    EXPECT_EQ(server.calls() - before, 6);
  }
}

TEST(OneServerTest, ItsOwnErrorsAreNotAskedForAgain) {
  CountingServer server;
  RemoteSource source(server.address());
  ASSERT_TRUE(Ask(source).ok());
  server.FailNext(
      1, MakeError(absl::StatusCode::kUnavailable, reason::kMalformedMessage, "", "its own"));
  const int before = server.calls();
  EXPECT_EQ(Ask(source).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(server.calls() - before, 1);
}

TEST(OneServerTest, OneThatIsGoneIsGivenUpAtOnce) {
  CountingServer server;
  RemoteSource source(server.address());
  ASSERT_TRUE(Ask(source).ok());
  server.Shutdown();
  // The first may see the connection end.
  static_cast<void>(Ask(source));
  const absl::Time start = absl::Now();
  EXPECT_EQ(Ask(source).code(), absl::StatusCode::kUnavailable);
  EXPECT_LT(absl::Now() - start, absl::Milliseconds(250))
      << "a client with a fallback would wait for it";
}

}  // namespace
}  // namespace springboard
