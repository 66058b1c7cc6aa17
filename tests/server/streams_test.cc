// gRPC's own services, health, reflection and channelz: that they are there, and that their
// streams, which need not end, do not take what others need.

#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/byte_buffer.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "springboard/v1/trampoline_compiler.grpc.pb.h"
#include "tests/support/server_program.h"

namespace springboard {
namespace {

constexpr char kReflection[] = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
constexpr char kChannelz[] = "/grpc.channelz.v1.Channelz/GetServers";

std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

// An empty message to a method, and how that ended.
grpc::StatusCode Call(const std::string& address, const std::string& method) {
  grpc::GenericStub stub(Connect(address));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  grpc::CompletionQueue queue;
  const grpc::Slice empty;
  const grpc::ByteBuffer nothing(&empty, 1);
  const auto call = stub.PrepareUnaryCall(&context, method, nothing, &queue);
  call->StartCall();
  grpc::ByteBuffer answer;
  grpc::Status status;
  call->Finish(&answer, &status, nullptr);
  void* tag = nullptr;
  bool is_good = false;
  EXPECT_TRUE(queue.Next(&tag, &is_good));
  return status.error_code();
}

bool Serves(const std::string& address) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  v1::Capabilities capabilities;
  return v1::TrampolineCompiler::NewStub(Connect(address))
      ->GetCapabilities(&context, v1::GetCapabilitiesRequest(), &capabilities)
      .ok();
}

size_t CountThreads(pid_t pid) {
  return static_cast<size_t>(
      std::distance(std::filesystem::directory_iterator(absl::StrCat("/proc/", pid, "/task")),
                    std::filesystem::directory_iterator()));
}

TEST(StreamsTest, ChannelzIsThereUnlessItIsNot) {
  const ServerProgram server;
  EXPECT_EQ(Call(server.address(), kChannelz), grpc::StatusCode::OK);
  const ServerProgram without({"--channelz=false"});
  EXPECT_EQ(Call(without.address(), kChannelz), grpc::StatusCode::UNIMPLEMENTED);
}

TEST(StreamsTest, HealthIsOfEachService) {
  const ServerProgram server;
  const auto stub = grpc::health::v1::Health::NewStub(Connect(server.address()));
  const auto check = [&](const std::string& service) {
    grpc::ClientContext context;
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(service);
    grpc::health::v1::HealthCheckResponse response;
    const grpc::Status status = stub->Check(&context, request, &response);
    return status.ok()
               ? grpc::health::v1::HealthCheckResponse::ServingStatus_Name(response.status())
               : absl::StrCat("error ", status.error_code());
  };
  EXPECT_EQ(check(""), "SERVING");
  EXPECT_EQ(check("springboard.v1.TrampolineCompiler"), "SERVING");
  EXPECT_EQ(check("other"), absl::StrCat("error ", grpc::StatusCode::NOT_FOUND));
}

// Streams that are begun and then left alone.
class IdleStreams {
 public:
  IdleStreams(const std::string& address, const std::string& method, int count) {
    constexpr int kOfOneConnection = 100;
    std::shared_ptr<grpc::Channel> channel;
    for (int i = 0; i < count; ++i) {
      if (i % kOfOneConnection == 0) channel = Connect(address);
      grpc::GenericStub stub(channel);
      contexts_.push_back(std::make_unique<grpc::ClientContext>());
      calls_.push_back(stub.PrepareCall(contexts_.back().get(), method, &queue_));
      calls_.back()->StartCall(nullptr);
    }
    void* tag = nullptr;
    bool is_good = false;
    // Each has been sent.
    for (int i = 0; i < count; ++i) EXPECT_TRUE(queue_.Next(&tag, &is_good));
  }
  ~IdleStreams() {
    for (const auto& context : contexts_) context->TryCancel();
    queue_.Shutdown();
    void* tag = nullptr;
    bool is_good = false;
    while (queue_.Next(&tag, &is_good)) {
    }
  }
  IdleStreams(const IdleStreams&) = delete;
  IdleStreams& operator=(const IdleStreams&) = delete;

 private:
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts_;
  std::vector<std::unique_ptr<grpc::GenericClientAsyncReaderWriter>> calls_;
};

TEST(StreamsTest, ReflectionDoesNotTakeAThreadForEachStream) {
  const ServerProgram server;
  const size_t before = CountThreads(server.pid());
  const IdleStreams streams(server.address(), kReflection, 300);
  EXPECT_TRUE(Serves(server.address()));
  EXPECT_LT(CountThreads(server.pid()), before + 50);
}

}  // namespace
}  // namespace springboard
