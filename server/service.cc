#include "server/service.h"

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/security/auth_context.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "compiler/error_details.h"
#include "proto/grpc_status.h"
#include "server/version_metadata.h"

namespace springboard {
namespace {

// A batch of more items takes long enough for other calls to notice.
constexpr uint64_t kMaxInlineItems = 64;

// Whose limit a call counts for: what its certificate says, or its address. Who comes through a
// unix socket is not told apart.
std::string ClientOf(const grpc::CallbackServerContext& context) {
  const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context();
  if (auth != nullptr && auth->IsPeerAuthenticated()) {
    const std::vector<grpc::string_ref> names = auth->GetPeerIdentity();
    if (!names.empty()) return std::string(names[0].data(), names[0].size());
  }
  const std::string peer = context.peer();
  if (absl::StartsWith(peer, "unix")) return "";
  // Without the port.
  return peer.substr(0, peer.rfind(':'));
}

// A call in progress: counted from its request until gRPC has sent the answer, which tells the
// server's versions.
class CountedCall final : public grpc::ServerUnaryReactor {
 public:
  CountedCall(RunningCalls& running_calls, grpc::CallbackServerContext& context)
      : running_calls_(running_calls),
        client_(ClientOf(context)),
        admission_(running_calls.Begin(client_)) {
    AddVersions(context);
  }

  // Whether there is capacity for it; it is to be finished with this if not.
  const absl::Status& admission() const { return admission_; }

  void OnDone() override {
    if (admission_.ok()) running_calls_.End(client_);
    delete this;
  }

 private:
  RunningCalls& running_calls_;
  const std::string client_;
  const absl::Status admission_;
};

absl::Status MalformedMessage(absl::string_view type, size_t bytes) {
  return MakeError(
      absl::StatusCode::kInvalidArgument, reason::kMalformedMessage, "",
      absl::StrCat("the request is a ", type, "; got ", bytes, " bytes that do not decode as one"));
}

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

// Decodes the request, lets `handle` fill the response, and encodes that.
template <typename Request, typename Response, typename Handle>
absl::Status Answer(const grpc::ByteBuffer& request_bytes, grpc::ByteBuffer* response_bytes,
                    const Handle& handle) {
  Request request;
  absl::Status status = Decode(request_bytes, &request);
  if (!status.ok()) return status;
  Response response;
  status = handle(request, &response);
  return status.ok() ? Encode(response, response_bytes) : status;
}

}  // namespace

TrampolineCompilerService::TrampolineCompilerService(const ServiceLimits& limits,
                                                     std::optional<SigningKey> key)
    : handler_(limits.requests, std::move(key)),
      running_calls_(limits.calls),
      workers_(std::max(1u, std::thread::hardware_concurrency())) {}

grpc::ServerUnaryReactor* TrampolineCompilerService::GetCapabilities(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  auto* const call = new CountedCall(running_calls_, *context);
  if (!call->admission().ok()) {
    call->Finish(ToGrpcStatus(call->admission()));
    return call;
  }
  call->Finish(ToGrpcStatus(Answer<v1::GetCapabilitiesRequest, v1::Capabilities>(
      *request, response, [this](const auto& message, v1::Capabilities* answer) {
        return handler_.Answer(message, answer);
      })));
  return call;
}

grpc::ServerUnaryReactor* TrampolineCompilerService::CompileTrampoline(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  auto* const call = new CountedCall(running_calls_, *context);
  if (!call->admission().ok()) {
    call->Finish(ToGrpcStatus(call->admission()));
    return call;
  }
  call->Finish(ToGrpcStatus(Answer<v1::CompileTrampolineRequest, v1::CompileTrampolineResponse>(
      *request, response, [this](const auto& message, v1::CompileTrampolineResponse* answer) {
        return handler_.Answer(message, answer);
      })));
  return call;
}

grpc::ServerUnaryReactor* TrampolineCompilerService::BatchCompileTrampolines(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  auto* const call = new CountedCall(running_calls_, *context);
  const auto batch = std::make_shared<v1::BatchCompileTrampolinesRequest>();
  absl::Status status = call->admission();
  if (status.ok()) status = Decode(*request, batch.get());
  if (status.ok()) status = handler_.Check(*batch);
  if (!status.ok()) {
    call->Finish(ToGrpcStatus(status));
    return call;
  }
  // gRPC keeps call, context and response until the call is finished.
  const auto run = [this, context, response, call, batch] {
    v1::BatchCompileTrampolinesResponse answer;
    absl::Status outcome = handler_.Answer(
        *batch, [context] { return context->IsCancelled(); }, &answer);
    if (outcome.ok()) outcome = Encode(answer, response);
    call->Finish(ToGrpcStatus(outcome));
  };
  if (RequestHandler::CountItems(*batch) <= kMaxInlineItems) {
    run();
  } else {
    workers_.Run(run);
  }
  return call;
}

}  // namespace springboard
