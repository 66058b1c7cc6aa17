#include "client/testing/faulty_server.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <atomic>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "client/source/timer_queue.h"
#include "client/testing/own_address.h"
#include "compiler/compile.h"
#include "proto/api_version.h"
#include "proto/conversion.h"
#include "proto/grpc_status.h"
#include "springboard/v1/trampoline_compiler.grpc.pb.h"

namespace springboard {
namespace {

constexpr uint32_t kMaxBatchItems = 10000;
constexpr uint32_t kMaxMessageBytes = 4 << 20;

void Answer(const v1::CompileTrampolineRequest& message, const ServerFaults& faults,
            v1::Trampoline* trampoline, absl::Status* status) {
  const absl::StatusOr<CompileRequest> request = FromProto(message, Signature::kMaxParameters);
  if (!request.ok()) {
    *status = request.status();
    return;
  }
  const absl::StatusOr<Trampoline> compiled = Compile(*request);
  if (!compiled.ok()) {
    *status = compiled.status();
    return;
  }
  ToProto(*compiled, request->signature, trampoline);
  // Of the first instruction, which then is none that is allowed: another register alone may be as
  // good.
  if (faults.gives_wrong_code) trampoline->mutable_code()->at(0) ^= static_cast<char>(0x80);
}

template <typename Request>
Request Decode(grpc::ByteBuffer bytes) {
  Request request;
  // What does not decode is empty.
  static_cast<void>(grpc::SerializationTraits<Request>::Deserialize(&bytes, &request).ok());
  return request;
}

template <typename Response>
grpc::ByteBuffer Encode(const Response& response) {
  grpc::ByteBuffer bytes;
  bool own_buffer = false;
  static_cast<void>(
      grpc::SerializationTraits<Response>::Serialize(response, &bytes, &own_buffer).ok());
  return bytes;
}

grpc::Status Respond(const std::string& method, const grpc::ByteBuffer& request,
                     const ServerFaults& faults, grpc::ByteBuffer* response) {
  if (faults.error != absl::StatusCode::kOk) {
    return {static_cast<grpc::StatusCode>(faults.error), "as the test wants it"};
  }
  if (faults.gives_garbage) {
    const grpc::Slice garbage("\xFF\xFF\xFF");
    *response = grpc::ByteBuffer(&garbage, 1);
    return grpc::Status::OK;
  }
  if (absl::EndsWith(method, "/CompileTrampoline")) {
    v1::CompileTrampolineResponse answer;
    absl::Status status;
    Answer(Decode<v1::CompileTrampolineRequest>(request), faults, answer.mutable_trampoline(),
           &status);
    *response = Encode(answer);
    return ToGrpcStatus(status);
  }
  if (absl::EndsWith(method, "/BatchCompileTrampolines")) {
    v1::BatchCompileTrampolinesResponse answer;
    const auto batch = Decode<v1::BatchCompileTrampolinesRequest>(request);
    for (const v1::CompileTrampolineRequest& item : batch.requests()) {
      v1::BatchCompileTrampolinesResponse::Item* const outcome = answer.add_items();
      absl::Status status;
      Answer(item, faults, outcome->mutable_trampoline(), &status);
      if (!status.ok()) *outcome->mutable_error() = ToProto(status);
    }
    *response = Encode(answer);
    return grpc::Status::OK;
  }
  v1::Capabilities answer;
  answer.set_api_version(kApiVersion);
  answer.set_codegen_version(kCodegenVersion);
  answer.mutable_limits()->set_max_parameters(Signature::kMaxParameters);
  answer.mutable_limits()->set_max_batch_items(kMaxBatchItems);
  answer.mutable_limits()->set_max_message_bytes(kMaxMessageBytes);
  *response = Encode(answer);
  return grpc::Status::OK;
}

// One call. Lives until gRPC is done with it, which is after its end, at the delay or at its
// cancellation.
class Call final : public grpc::ServerGenericBidiReactor {
 public:
  Call(grpc::GenericCallbackServerContext& context, const ServerFaults& faults)
      : context_(context), faults_(faults) {
    if (!faults.api_version.empty()) {
      context.AddTrailingMetadata(kApiVersionKey, faults.api_version);
      context.AddTrailingMetadata(kCodegenVersionKey, "99");
    }
    StartRead(&request_);
  }

  void OnReadDone(bool is_ok) override {
    if (!is_ok) {
      End(/*answers=*/false);
    } else if (faults_.delay == absl::ZeroDuration()) {
      End(/*answers=*/true);
    } else {
      // Alive, as long as it has not ended.
      TimerQueue::Get().At(absl::Now() + faults_.delay,
                           [state = state_, this] { state->End(this, /*answers=*/true); });
    }
  }
  void OnCancel() override { End(/*answers=*/false); }
  void OnDone() override { delete this; }

 private:
  // Outlives the call, for timers.
  struct State {
    absl::Mutex mutex;
    bool has_ended ABSL_GUARDED_BY(mutex) = false;

    void End(Call* call, bool answers) {
      {
        absl::MutexLock lock(&mutex);
        if (has_ended) return;
        has_ended = true;
      }
      call->Send(answers);
    }
  };

  void End(bool answers) { std::shared_ptr<State>(state_)->End(this, answers); }

  void Send(bool answers) {
    if (!answers) {
      Finish(grpc::Status::CANCELLED);
      return;
    }
    const grpc::Status status = Respond(context_.method(), request_, faults_, &response_);
    if (status.ok()) {
      StartWriteAndFinish(&response_, grpc::WriteOptions(), status);
    } else {
      Finish(status);
    }
  }

  grpc::GenericCallbackServerContext& context_;
  const ServerFaults faults_;
  const std::shared_ptr<State> state_ = std::make_shared<State>();
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
};

}  // namespace

class FaultyServer::Impl {
 public:
  ~Impl() { Stop(); }

  bool Listen() {
    service_ = std::make_unique<Service>(this);
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address_, grpc::InsecureServerCredentials());
    builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
    builder.RegisterCallbackGenericService(service_.get());
    server_ = builder.BuildAndStart();
    return server_ != nullptr;
  }

  void Stop() {
    if (server_ == nullptr) return;
    server_->Shutdown(absl::ToChronoTime(absl::Now()));
    server_->Wait();
    server_.reset();
  }

  const std::string& address() const { return address_; }
  uint64_t calls() const { return calls_; }

  void set_faults(const ServerFaults& faults) {
    absl::MutexLock lock(&mutex_);
    faults_ = faults;
  }

 private:
  // gRPC wants one for each server.
  class Service final : public grpc::CallbackGenericService {
   public:
    explicit Service(Impl* impl) : impl_(impl) {}
    grpc::ServerGenericBidiReactor* CreateReactor(
        grpc::GenericCallbackServerContext* context) override {
      return impl_->NewCall(*context);
    }

   private:
    Impl* const impl_;
  };

  Call* NewCall(grpc::GenericCallbackServerContext& context) {
    ++calls_;
    absl::MutexLock lock(&mutex_);
    return new Call(context, faults_);
  }

  const std::string address_ = OwnAddress();
  std::atomic<uint64_t> calls_ = 0;
  absl::Mutex mutex_;
  ServerFaults faults_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Service> service_;
  std::unique_ptr<grpc::Server> server_;
};

FaultyServer::FaultyServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
FaultyServer::~FaultyServer() = default;

absl::StatusOr<std::unique_ptr<FaultyServer>> FaultyServer::Start() {
  auto impl = std::make_unique<Impl>();
  if (!impl->Listen()) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", impl->address()));
  }
  return std::unique_ptr<FaultyServer>(new FaultyServer(std::move(impl)));
}

const std::string& FaultyServer::address() const { return impl_->address(); }
void FaultyServer::SetFaults(const ServerFaults& faults) { impl_->set_faults(faults); }
uint64_t FaultyServer::calls() const { return impl_->calls(); }

bool FaultyServer::Disconnect() {
  impl_->Stop();
  return impl_->Listen();
}

}  // namespace springboard
