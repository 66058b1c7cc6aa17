#include "server/service.h"

#include <google/protobuf/arena.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/security/auth_context.h>
#include <grpcpp/support/slice.h>

#include <algorithm>
#include <climits>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "compiler/error_details.h"
#include "proto/grpc_status.h"
#include "server/client_of_peer.h"
#include "server/request_id.h"
#include "server/version_metadata.h"

namespace springboard {
namespace {

// A batch of more takes long enough for other calls to notice.
constexpr uint64_t kMaxInlineItems = 64;
constexpr size_t kMaxInlineBytes = 16 << 10;

// Whose limit a call counts for: what its certificate says, or its address. gRPC is not asked in
// vain.
std::string ClientOf(const grpc::CallbackServerContext& context, ClientNames names) {
  if (names == ClientNames::kNone) return "";
  std::string client = ClientOfPeer(context.peer());
  if (client.empty() || names != ClientNames::kCertificates) return client;
  const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context();
  if (auth != nullptr && auth->IsPeerAuthenticated()) {
    const std::vector<grpc::string_ref> identity = auth->GetPeerIdentity();
    if (!identity.empty()) return std::string(identity[0].data(), identity[0].size());
  }
  return client;
}

// A call in progress: counted from its request until gRPC has sent the answer, which tells the
// server's versions if it is an error; and cancelled when it takes too long, as with a client that
// does not read. The observer is told after that, and so no client waits for it.
class CountedCall final : public grpc::ServerUnaryReactor {
 public:
  // Keeps `handler`, which is to answer it.
  CountedCall(Method method, ServiceState& service, std::shared_ptr<const RequestHandler> handler,
              grpc::CallbackServerContext& context, const grpc::ByteBuffer& request)
      : start_(absl::Now()),
        method_(method),
        service_(service),
        handler_(std::move(handler)),
        context_(context),
        request_bytes_(request.Length()),
        request_id_(RequestIdOf(context.client_metadata())),
        admission_(service.running_calls.Begin(ClientOf(context, service.client_names))),
        deadline_([&context] { context.TryCancel(); }),
        has_deadline_(admission_.ok() && admission_->max_duration() != absl::ZeroDuration()) {
    if (has_deadline_) service_.deadlines.Add(start_ + admission_->max_duration(), deadline_);
  }

  // Whether there is capacity for it; it is to be finished with this if not.
  const absl::Status& admission() const { return admission_.status(); }

  const RequestHandler& handler() const { return *handler_; }
  bool is_cancelled() const { return context_.IsCancelled(); }
  Work* work() { return &work_; }

  // Finishes it, with what `response` holds by now if the status is OK.
  void Finish(absl::Status status, grpc::ByteBuffer* response) {
    if (status.ok()) status = service_.running_calls.Answer(response->Length());
    if (status.ok()) {
      answer_bytes_ = response->Length();
    } else {
      response->Clear();
      AddVersions(context_);
      // Whoever asks about it can name it.
      if (request_id_.empty()) request_id_ = MakeRequestId();
    }
    if (!request_id_.empty()) context_.AddTrailingMetadata(kRequestIdKey, request_id_);
    duration_ = absl::Now() - start_;
    status_ = std::move(status);
    ServerUnaryReactor::Finish(ToGrpcStatus(status_));
  }

  // A callback through gRPC's executor would be a switch of threads for each call. This one is
  // short, and takes no lock that is held where gRPC is called.
  bool InternalInlineable() override { return true; }

  void OnDone() override {
    if (has_deadline_) service_.deadlines.Remove(deadline_);
    if (service_.observer != nullptr) Tell();
    // The last, since the server may report and end when no call runs.
    if (admission_.ok()) service_.running_calls.End(*admission_, answer_bytes_);
    delete this;
  }

 private:
  void Tell() const {
    CallRecord record;
    record.method = method_;
    record.path = Path(method_);
    record.status = &status_;
    record.duration = duration_;
    record.work = &work_;
    record.request_bytes = request_bytes_;
    record.response_bytes = answer_bytes_;
    record.request_id = request_id_;
    record.peer = [this] { return context_.peer(); };
    service_.observer->OnCall(record);
  }

  const absl::Time start_;
  const Method method_;
  ServiceState& service_;
  const std::shared_ptr<const RequestHandler> handler_;
  grpc::CallbackServerContext& context_;
  const size_t request_bytes_;
  std::string request_id_;
  const absl::StatusOr<RunningCalls::Call> admission_;
  CallDeadlines::Call deadline_;
  const bool has_deadline_;
  uint64_t answer_bytes_ = 0;
  absl::Status status_;
  absl::Duration duration_;
  Work work_;
};

template <typename Request>
absl::Status Decode(const grpc::ByteBuffer& buffer, Request* request) {
  // Deserializing empties the buffer it is given.
  grpc::ByteBuffer bytes(buffer);
  if (grpc::SerializationTraits<Request>::Deserialize(&bytes, request).ok()) {
    return absl::OkStatus();
  }
  return MalformedMessage(Request::descriptor()->full_name(), buffer.Length());
}

template <typename Response>
absl::Status Encode(const Response& response, grpc::ByteBuffer* buffer) {
  bool own_buffer = false;
  if (grpc::SerializationTraits<Response>::Serialize(response, buffer, &own_buffer).ok()) {
    return absl::OkStatus();
  }
  return MakeError(
      absl::StatusCode::kResourceExhausted, reason::kResponseTooLarge, "",
      absl::StrCat("a response has at most 2147483647 bytes; got ", response.ByteSizeLong()));
}

absl::Status AnswerCapabilities(const grpc::ByteBuffer& request, const CountedCall& call,
                                grpc::ByteBuffer* response) {
  v1::GetCapabilitiesRequest message;
  v1::Capabilities answer;
  absl::Status status = Decode(request, &message);
  if (status.ok()) status = call.handler().Answer(message, &answer);
  return status.ok() ? Encode(answer, response) : status;
}

absl::Status AnswerCompile(const grpc::ByteBuffer& request, CountedCall& call,
                           grpc::ByteBuffer* response) {
  // As a short one comes; a long one is copied.
  grpc::Slice bytes;
  if (!request.TrySingleSlice(&bytes).ok() && !request.DumpToSingleSlice(&bytes).ok()) {
    return MalformedMessage(v1::CompileTrampolineRequest::descriptor()->full_name(),
                            request.Length());
  }
  grpc::Slice answer;
  const auto allocate = [&answer](size_t size) {
    answer = grpc::Slice(size);
    // As gRPC's own serialization does; nobody else has it yet.
    return const_cast<uint8_t*>(answer.begin());
  };
  absl::Status status = call.handler().Answer(
      absl::string_view(reinterpret_cast<const char*>(bytes.begin()), bytes.size()), allocate,
      call.work());
  if (status.ok()) *response = grpc::ByteBuffer(&answer, 1);
  return status;
}

// The request of a batch, in blocks of memory that go back to the system with it: hundreds of
// thousands of small pieces on the heap would leave it in tatters.
class Batch {
 private:
  static google::protobuf::ArenaOptions Options() {
    google::protobuf::ArenaOptions options;
    options.start_block_size = kFirstBlockBytes;
    options.max_block_size = kMaxBlockBytes;
    return options;
  }

  // Enough for a batch that is answered at once.
  static constexpr size_t kFirstBlockBytes = 16 << 10;
  static constexpr size_t kMaxBlockBytes = 1 << 20;

  google::protobuf::Arena arena_{Options()};

 public:
  v1::BatchCompileTrampolinesRequest& request =
      *google::protobuf::Arena::CreateMessage<v1::BatchCompileTrampolinesRequest>(&arena_);
};

// The answer to a batch, in pieces as large as gRPC sends well and no larger than the batch needs.
absl::Status AnswerBatch(const v1::BatchCompileTrampolinesRequest& request, CountedCall& call,
                         grpc::ByteBuffer* response) {
  // Of a trampoline with few parameters, with its framing.
  constexpr uint64_t kItemBytes = 64;
  constexpr uint64_t kMinPieceBytes = 1 << 10;
  constexpr uint64_t kMaxPieceBytes = 64 << 10;
  const auto piece_bytes = static_cast<int>(
      std::clamp(RequestHandler::CountItems(request) * kItemBytes, kMinPieceBytes, kMaxPieceBytes));
  grpc::ProtoBufferWriter writer(response, piece_bytes, /*total_size=*/INT_MAX);
  return call.handler().Answer(
      request, [&call] { return call.is_cancelled(); }, &writer, call.work());
}

}  // namespace

TrampolineCompilerService::TrampolineCompilerService(const ServiceLimits& limits,
                                                     std::optional<SigningKey> key,
                                                     std::shared_ptr<CallObserver> observer,
                                                     ClientNames client_names)
    : max_message_bytes_(limits.requests.max_message_bytes),
      state_(limits.calls, std::move(observer), client_names),
      handler_(std::make_shared<RequestHandler>(limits.requests, std::move(key))),
      workers_(std::max(1u, std::thread::hardware_concurrency())) {}

void TrampolineCompilerService::Reload(const ServiceLimits& limits, std::optional<SigningKey> key) {
  RequestLimits requests = limits.requests;
  // gRPC's, which stays.
  requests.max_message_bytes = max_message_bytes_;
  auto handler = std::make_shared<const RequestHandler>(requests, std::move(key));
  state_.running_calls.SetLimits(limits.calls);
  const absl::MutexLock lock(&mutex_);
  handler_ = std::move(handler);
}

std::shared_ptr<const RequestHandler> TrampolineCompilerService::handler() const {
  const absl::ReaderMutexLock lock(&mutex_);
  return handler_;
}

grpc::ServerUnaryReactor* TrampolineCompilerService::GetCapabilities(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  auto* const call =
      new CountedCall(Method::kGetCapabilities, state_, handler(), *context, *request);
  absl::Status status = call->admission();
  if (status.ok()) {
    status = AnswerCapabilities(*request, *call, response);
  }
  call->Finish(std::move(status), response);
  return call;
}

grpc::ServerUnaryReactor* TrampolineCompilerService::CompileTrampoline(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  auto* const call =
      new CountedCall(Method::kCompileTrampoline, state_, handler(), *context, *request);
  absl::Status status = call->admission();
  if (status.ok()) {
    status = AnswerCompile(*request, *call, response);
  }
  call->Finish(std::move(status), response);
  return call;
}

grpc::ServerUnaryReactor* TrampolineCompilerService::BatchCompileTrampolines(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  auto* const call =
      new CountedCall(Method::kBatchCompileTrampolines, state_, handler(), *context, *request);
  if (!call->admission().ok()) {
    call->Finish(call->admission(), response);
    return call;
  }
  // gRPC keeps call, context, request and response until the call is finished.
  const auto batch = std::make_shared<Batch>();
  const auto answer = [call, batch, response] {
    call->Finish(AnswerBatch(batch->request, *call, response), response);
  };
  if (request->Length() > kMaxInlineBytes) {
    workers_.Run([call, batch, request, response, answer] {
      const absl::Status status = Decode(*request, &batch->request);
      if (status.ok()) {
        answer();
      } else {
        call->Finish(status, response);
      }
    });
    return call;
  }
  const absl::Status status = Decode(*request, &batch->request);
  if (!status.ok()) {
    call->Finish(status, response);
  } else if (RequestHandler::CountItems(batch->request) > kMaxInlineItems) {
    workers_.Run(answer);
  } else {
    answer();
  }
  return call;
}

}  // namespace springboard
