// The two sources of trampolines, behind their one interface, and how the remote one meets servers
// that are missing, smaller than the batch, or wrong.

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/source/in_process_source.h"
#include "client/source/remote_source.h"
#include "client/testing/local_server.h"
#include "compiler/compile.h"
#include "compiler/error_details.h"
#include "proto/conversion.h"
#include "tests/support/signature_generator.h"
#include "tests/support/unique_name.h"

namespace springboard {
namespace {

absl::Time Soon() { return absl::Now() + absl::Seconds(20); }

CompileRequest Request(const char* signature, Target target = Target::kX64SystemV) {
  return {*Signature::Parse(signature), target};
}

std::string Reason(const absl::Status& status) {
  return GetErrorDetails(status).value_or(ErrorDetails{"none", ""}).reason;
}

TEST(SourcesTest, RemoteAndInProcessGiveTheSame) {
  const absl::StatusOr<LocalServer> server = LocalServer::Start();
  ASSERT_TRUE(server.ok()) << server.status();
  RemoteSource remote(server->address());
  InProcessSource local;
  std::vector<CompileRequest> requests;
  SignatureGenerator generator(/*seed=*/3);
  for (int i = 0; i < 500; ++i) {
    requests.push_back({generator.Next(), AllTargets()[static_cast<size_t>(i) % 5].target});
  }
  const auto remotely = remote.CompileMany(requests, Soon());
  const auto locally = local.CompileMany(requests, Soon());
  ASSERT_EQ(remotely.size(), requests.size());
  ASSERT_EQ(locally.size(), requests.size());
  for (size_t i = 0; i < requests.size(); ++i) {
    ASSERT_TRUE(remotely[i].ok()) << remotely[i].status();
    ASSERT_EQ(*remotely[i], *locally[i]) << requests[i].signature;
  }
  EXPECT_EQ(*remote.Compile(requests[0], Soon()), *local.Compile(requests[0], Soon()));
  const auto remote_capabilities = remote.GetCapabilities(Soon());
  ASSERT_TRUE(remote_capabilities.ok());
  EXPECT_EQ(remote_capabilities->targets.size(), local.GetCapabilities(Soon())->targets.size());
}

TEST(SourcesTest, ManyRequestsAreSplitIntoBatchesTheServerTakes) {
  ServiceLimits limits;
  limits.requests.max_batch_items = 7;
  const absl::StatusOr<LocalServer> by_items = LocalServer::Start(limits);
  limits = ServiceLimits();
  limits.requests.max_message_bytes = 1500;
  const absl::StatusOr<LocalServer> by_bytes = LocalServer::Start(limits);
  const std::vector<CompileRequest> requests(100, Request("u64(u8,i16,buffer,f64,f32,bool)"));
  for (const auto* server : {&by_items, &by_bytes}) {
    ASSERT_TRUE(server->ok());
    RemoteSource source((*server)->address());
    const auto results = source.CompileMany(requests, Soon());
    ASSERT_EQ(results.size(), requests.size());
    for (const auto& result : results) EXPECT_TRUE(result.ok()) << result.status();
  }
}

TEST(SourcesTest, NoRequestsGiveNoResults) {
  const absl::StatusOr<LocalServer> server = LocalServer::Start();
  ASSERT_TRUE(server.ok());
  EXPECT_TRUE(RemoteSource(server->address()).CompileMany({}, Soon()).empty());
  EXPECT_TRUE(InProcessSource().CompileMany({}, Soon()).empty());
}

TEST(SourcesTest, AServersRefusalArrivesWithItsDetails) {
  ServiceLimits limits;
  limits.requests.max_parameters = 1;
  const absl::StatusOr<LocalServer> server = LocalServer::Start(limits);
  ASSERT_TRUE(server.ok());
  RemoteSource source(server->address());
  const std::vector<CompileRequest> requests = {Request("u8(u8)"), Request("u8(u8,u8)"),
                                                Request("u8(u16)")};
  const auto results = source.CompileMany(requests, Soon());
  ASSERT_EQ(results.size(), 3u);
  EXPECT_TRUE(results[0].ok());
  EXPECT_TRUE(results[2].ok());
  EXPECT_EQ(Reason(results[1].status()), "TOO_MANY_PARAMETERS");
  EXPECT_EQ(GetErrorDetails(results[1].status())->field, "signature.parameters");
  EXPECT_EQ(source.Compile(requests[1], Soon()).status(), results[1].status());
}

TEST(SourcesTest, AMissingServerIsUnavailableByName) {
  RemoteSource source("unix:/nonexistent/springboard.sock");
  const absl::Status status = source.Compile(Request("u8(u8)"), Soon()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(std::string(status.message()).find("server unix:/nonexistent/springboard.sock: "),
            std::string::npos)
      << status;
  const std::vector<CompileRequest> two(2, Request("u8(u8)"));
  const auto results = source.CompileMany(two, Soon());
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[1].status().code(), absl::StatusCode::kUnavailable);
}

TEST(SourcesTest, ADeadlineInThePastIsExceeded) {
  const absl::StatusOr<LocalServer> server = LocalServer::Start();
  ASSERT_TRUE(server.ok());
  RemoteSource remote(server->address());
  InProcessSource local;
  for (TrampolineSource* source :
       {static_cast<TrampolineSource*>(&remote), static_cast<TrampolineSource*>(&local)}) {
    const absl::Time past = absl::Now() - absl::Seconds(1);
    EXPECT_EQ(source->Compile(Request("u8(u8)"), past).status().code(),
              absl::StatusCode::kDeadlineExceeded);
    const std::vector<CompileRequest> one = {Request("u8(u8)")};
    EXPECT_EQ(source->CompileMany(one, past)[0].status().code(),
              absl::StatusCode::kDeadlineExceeded);
  }
}

// A server that compiles rightly and then spoils its answer.
class SpoilingServer final : public v1::TrampolineCompiler::Service {
 public:
  explicit SpoilingServer(std::function<void(v1::Trampoline&)> spoil)
      : address_("unix-abstract:" + UniqueName()), spoil_(std::move(spoil)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address_, grpc::InsecureServerCredentials());
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }

  const std::string& address() const { return address_; }

  grpc::Status CompileTrampoline(grpc::ServerContext* /*context*/,
                                 const v1::CompileTrampolineRequest* request,
                                 v1::CompileTrampolineResponse* response) override {
    const absl::StatusOr<CompileRequest> known = FromProto(*request, 256);
    ToProto(*Compile(*known), known->signature, response->mutable_trampoline());
    spoil_(*response->mutable_trampoline());
    return grpc::Status::OK;
  }

  grpc::Status GetCapabilities(grpc::ServerContext* /*context*/,
                               const v1::GetCapabilitiesRequest* /*request*/,
                               v1::Capabilities* response) override {
    response->mutable_limits()->set_max_batch_items(100);
    response->mutable_limits()->set_max_message_bytes(100000);
    return grpc::Status::OK;
  }

  grpc::Status BatchCompileTrampolines(grpc::ServerContext* /*context*/,
                                       const v1::BatchCompileTrampolinesRequest* request,
                                       v1::BatchCompileTrampolinesResponse* response) override {
    // One item short, and empty ones.
    for (int i = 1; i < request->requests_size(); ++i) response->add_items();
    if (request->requests_size() > 5) response->add_items();
    return grpc::Status::OK;
  }

 private:
  const std::string address_;
  const std::function<void(v1::Trampoline&)> spoil_;
  std::unique_ptr<grpc::Server> server_;
};

TEST(SourcesTest, AWrongAnswerIsRefused) {
  struct Case {
    std::string reason;
    std::function<void(v1::Trampoline&)> spoil;
  };
  const std::vector<Case> cases = {
      {"WRONG_TARGET", [](auto& t) { t.set_target(v1::TARGET_AARCH64_LINUX); }},
      {"UNKNOWN_RELOCATION", [](auto& t) { t.mutable_relocation()->clear_kind(); }},
      {"CALLEE_OFFSET_OUT_OF_RANGE",
       [](auto& t) { t.mutable_relocation()->set_callee_offset(1000); }},
  };
  for (const Case& row : cases) {
    SpoilingServer server(row.spoil);
    RemoteSource source(server.address());
    const absl::Status status = source.Compile(Request("u8(u8)"), Soon()).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
    EXPECT_EQ(Reason(status), row.reason) << status;
  }
}

TEST(SourcesTest, ABatchOfTheWrongSizeOrWithoutOutcomesIsRefused) {
  SpoilingServer server([](auto&) {});
  RemoteSource source(server.address());
  for (const size_t count : {3, 8}) {
    const std::vector<CompileRequest> requests(count, Request("u8(u8)"));
    const auto results = source.CompileMany(requests, Soon());
    ASSERT_EQ(results.size(), count);
    for (const auto& result : results) {
      EXPECT_EQ(Reason(result.status()), "MALFORMED_RESPONSE") << result.status();
    }
  }
}

}  // namespace
}  // namespace springboard
