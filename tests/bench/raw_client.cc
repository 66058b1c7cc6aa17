#include "tests/bench/raw_client.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>

#include "absl/synchronization/blocking_counter.h"

namespace springboard {
namespace {

using Clock = std::chrono::steady_clock;

double Nanoseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::nano>(duration).count();
}

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address) {
  grpc::ChannelArguments arguments;
  // gRPC lets channels to the same address share a connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

// One Run(). Each slot makes a call, and another when that has ended, until enough have begun.
class RawClient::Load {
 public:
  Load(grpc::GenericStub& stub, const std::string& method, const std::string& request, size_t count,
       size_t in_flight)
      : stub_(stub),
        method_(method),
        request_slice_(request),
        request_(&request_slice_, 1),
        latencies_ns_(count),
        slots_(std::min(count, in_flight)),
        running_(static_cast<int>(slots_.size())) {}

  Calls Run() {
    const Clock::time_point start = Clock::now();
    for (Slot& slot : slots_) Begin(slot);
    running_.Wait();
    return {Nanoseconds(Clock::now() - start) / 1e9, std::move(latencies_ns_), failed_,
            response_bytes_};
  }

 private:
  struct Slot {
    std::optional<grpc::ClientContext> context;
    grpc::ByteBuffer response;
    size_t call = 0;
    Clock::time_point start;
  };

  void Begin(Slot& slot) {
    slot.call = begun_++;
    if (slot.call >= latencies_ns_.size()) {
      running_.DecrementCount();
      return;
    }
    slot.response.Clear();
    slot.context.emplace();
    slot.start = Clock::now();
    stub_.UnaryCall(&*slot.context, method_, grpc::StubOptions(), &request_, &slot.response,
                    [this, &slot](const grpc::Status& status) {
                      latencies_ns_[slot.call] = Nanoseconds(Clock::now() - slot.start);
                      if (!status.ok()) ++failed_;
                      response_bytes_ = slot.response.Length();
                      Begin(slot);
                    });
  }

  grpc::GenericStub& stub_;
  const std::string method_;
  const grpc::Slice request_slice_;
  const grpc::ByteBuffer request_;
  std::vector<double> latencies_ns_;
  std::vector<Slot> slots_;
  std::atomic<size_t> begun_ = 0;
  std::atomic<size_t> failed_ = 0;
  std::atomic<size_t> response_bytes_ = 0;
  absl::BlockingCounter running_;
};

RawClient::RawClient(const std::string& address) : stub_(MakeChannel(address)) {}

Calls RawClient::Run(const std::string& method, const std::string& request, size_t count,
                     size_t in_flight) {
  return Load(stub_, method, request, count, in_flight).Run();
}

}  // namespace springboard
