#include "server/service.h"

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/security/auth_context.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "compiler/compile.h"
#include "compiler/error_details.h"
#include "compiler/target.h"
#include "proto/conversion.h"
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

absl::Status CompileInto(const absl::StatusOr<CompileRequest>& request, v1::Trampoline* response) {
  if (!request.ok()) return request.status();
  const absl::StatusOr<Trampoline> trampoline = Compile(*request);
  if (!trampoline.ok()) return trampoline.status();
  ToProto(*trampoline, request->signature, response);
  return absl::OkStatus();
}

void CompileItem(const absl::StatusOr<CompileRequest>& request,
                 v1::BatchCompileTrampolinesResponse* response) {
  v1::BatchCompileTrampolinesResponse::Item* item = response->add_items();
  const absl::Status status = CompileInto(request, item->mutable_trampoline());
  if (!status.ok()) *item->mutable_error() = ToProto(status);
}

// The request for one signature and target of a product, whose signature and profile have been
// read already.
absl::StatusOr<CompileRequest> ProductRequest(const absl::StatusOr<Signature>& signature,
                                              v1::Target target,
                                              const absl::StatusOr<CallerProfile>& profile) {
  if (!signature.ok()) return WithFieldPrefix(signature.status(), "signature");
  const absl::StatusOr<Target> known_target = FromProto(target);
  if (!known_target.ok()) return known_target.status();
  if (!profile.ok()) return profile.status();
  return CompileRequest{*signature, *known_target, *profile};
}

// Runs the batch; stops early, with an incomplete response, once the call is cancelled.
void RunBatch(const v1::BatchCompileTrampolinesRequest& request, uint32_t max_parameters,
              const grpc::CallbackServerContext& context,
              v1::BatchCompileTrampolinesResponse* response) {
  for (const v1::CompileTrampolineRequest& item : request.requests()) {
    if (context.IsCancelled()) return;
    CompileItem(FromProto(item, max_parameters), response);
  }
  const v1::BatchCompileTrampolinesRequest::Product& product = request.product();
  const absl::StatusOr<CallerProfile> profile = FromProto(product.caller_profile());
  for (const v1::Signature& message : product.signatures()) {
    const absl::StatusOr<Signature> signature = FromProto(message, max_parameters);
    for (const int target : product.targets()) {
      if (context.IsCancelled()) return;
      CompileItem(ProductRequest(signature, static_cast<v1::Target>(target), profile), response);
    }
  }
}

uint64_t CountItems(const v1::BatchCompileTrampolinesRequest& request) {
  const uint64_t signatures = static_cast<uint64_t>(request.product().signatures_size());
  const uint64_t targets = static_cast<uint64_t>(request.product().targets_size());
  return static_cast<uint64_t>(request.requests_size()) + signatures * targets;
}

absl::Status CheckBatch(const v1::BatchCompileTrampolinesRequest& request, uint32_t max_items) {
  if (request.has_product() && request.requests_size() > 0) {
    return MakeError(absl::StatusCode::kInvalidArgument, reason::kAmbiguousBatch, "product",
                     absl::StrCat("a batch has either requests or a product; got a product and ",
                                  request.requests_size(), " requests"));
  }
  const uint64_t items = CountItems(request);
  if (items > max_items) {
    return MakeError(absl::StatusCode::kResourceExhausted, reason::kBatchTooLarge,
                     request.has_product() ? "product" : "requests",
                     absl::StrCat("at most ", max_items, " items in a batch; got ", items));
  }
  return absl::OkStatus();
}

void FillCapabilities(const ServiceLimits& limits, v1::Capabilities* capabilities) {
  capabilities->set_api_version(kApiVersion);
  capabilities->set_codegen_version(kCodegenVersion);
  for (const TargetInfo& row : AllTargets()) {
    v1::Capabilities::TargetSupport* target = capabilities->add_targets();
    target->set_target(ToProto(row.target));
    target->set_name(std::string(row.name));
    target->set_isa(std::string(Info(row.isa).name));
    target->set_caller_convention(std::string(row.caller(CallerProfile::kV8_10).name));
    target->set_callee_convention(std::string(row.callee->name));
  }
  for (const CallerProfileInfo& row : AllCallerProfiles()) {
    v1::Capabilities::ProfileSupport* profile = capabilities->add_profiles();
    profile->set_profile(ToProto(row.profile));
    profile->set_name(std::string(row.name));
  }
  capabilities->mutable_limits()->set_max_parameters(limits.max_parameters);
  capabilities->mutable_limits()->set_max_batch_items(limits.max_batch_items);
  capabilities->mutable_limits()->set_max_message_bytes(limits.max_message_bytes);
}

}  // namespace

TrampolineCompilerService::TrampolineCompilerService(const ServiceLimits& limits)
    : limits_(limits),
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
      *request, response,
      [this](const v1::GetCapabilitiesRequest& /*message*/, v1::Capabilities* capabilities) {
        FillCapabilities(limits_, capabilities);
        return absl::OkStatus();
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
      *request, response,
      [this](const v1::CompileTrampolineRequest& message, v1::CompileTrampolineResponse* answer) {
        return CompileInto(FromProto(message, limits_.max_parameters),
                           answer->mutable_trampoline());
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
  if (status.ok()) status = CheckBatch(*batch, limits_.max_batch_items);
  if (!status.ok()) {
    call->Finish(ToGrpcStatus(status));
    return call;
  }
  // gRPC keeps call, context and response until the call is finished.
  const auto run = [this, context, response, call, batch] {
    v1::BatchCompileTrampolinesResponse answer;
    RunBatch(*batch, limits_.max_parameters, *context, &answer);
    call->Finish(ToGrpcStatus(Encode(answer, response)));
  };
  if (CountItems(*batch) <= kMaxInlineItems) {
    run();
  } else {
    workers_.Run(run);
  }
  return call;
}

}  // namespace springboard
