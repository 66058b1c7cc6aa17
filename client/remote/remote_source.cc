#include "client/remote/remote_source.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "compiler/error_details.h"
#include "proto/conversion.h"
#include "proto/grpc_status.h"

namespace springboard {
namespace {

constexpr int kMaxResponseBytes = 256 << 20;
// Of a request inside a batch: tag and length.
constexpr size_t kItemOverheadBytes = 8;
// A bound of what a trampoline takes in a response: 20 bytes of code and one of template for each
// parameter, and the rest.
size_t MaxAnswerBytes(const CompileRequest& request) {
  return 200 + 24 * request.signature.parameters().size();
}

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxResponseBytes);
  // Code must not travel through a proxy that an environment variable happens to name.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

// Sets the deadline of a call that is about to start. Error: DEADLINE_EXCEEDED if it is past; gRPC
// rounds deadlines up and might still make the call.
absl::Status SetDeadline(absl::Time deadline, grpc::ClientContext& context) {
  if (deadline <= absl::Now()) return absl::DeadlineExceededError("the deadline is past");
  if (deadline != absl::InfiniteFuture()) context.set_deadline(absl::ToChronoTime(deadline));
  return absl::OkStatus();
}

absl::Status Malformed(absl::string_view reason, absl::string_view message) {
  return MakeError(absl::StatusCode::kInternal, reason, "",
                   absl::StrCat("malformed response: ", message));
}

// The trampoline of an answer to `request`.
absl::StatusOr<Trampoline> Accept(const v1::Trampoline& message, const CompileRequest& request) {
  absl::StatusOr<Trampoline> trampoline = FromProto(message);
  if (!trampoline.ok()) return trampoline;
  if (trampoline->target != request.target) {
    return Malformed(reason::kWrongTarget, absl::StrCat("asked for ", Info(request.target).name,
                                                        "; got ", Info(trampoline->target).name));
  }
  if (trampoline->profile != request.profile) {
    return Malformed(reason::kUnknownProfile,
                     absl::StrCat("asked for ", Info(request.profile).name, "; got ",
                                  Info(trampoline->profile).name));
  }
  return trampoline;
}

absl::StatusOr<Trampoline> AcceptItem(const v1::BatchCompileTrampolinesResponse::Item& item,
                                      const CompileRequest& request) {
  if (item.has_trampoline()) return Accept(item.trampoline(), request);
  if (item.has_error() && item.error().code() != 0) return FromProto(item.error());
  return Malformed(reason::kMalformedResponse, "an item has neither trampoline nor error");
}

void AppendAnswers(const v1::BatchCompileTrampolinesResponse& response,
                   absl::Span<const CompileRequest> requests,
                   std::vector<absl::StatusOr<Trampoline>>& results) {
  if (static_cast<size_t>(response.items_size()) != requests.size()) {
    const absl::Status error = Malformed(
        reason::kMalformedResponse,
        absl::StrCat("asked for ", requests.size(), " items; got ", response.items_size()));
    results.insert(results.end(), requests.size(), error);
    return;
  }
  for (size_t i = 0; i < requests.size(); ++i) {
    results.push_back(AcceptItem(response.items(static_cast<int>(i)), requests[i]));
  }
}

}  // namespace

RemoteSource::RemoteSource(const std::string& address)
    : address_(address), stub_(v1::TrampolineCompiler::NewStub(MakeChannel(address))) {}

absl::Status RemoteSource::ToStatus(const grpc::Status& status) const {
  absl::Status plain = FromGrpcStatus(status);
  // The server's own refusals have details and say all; gRPC's do not say which server.
  if (plain.ok() || GetErrorDetails(plain).has_value()) return plain;
  return absl::Status(plain.code(), absl::StrCat("server ", address_, ": ", plain.message()));
}

absl::StatusOr<Trampoline> RemoteSource::Compile(const CompileRequest& request,
                                                 absl::Time deadline) {
  grpc::ClientContext context;
  absl::Status status = SetDeadline(deadline, context);
  if (!status.ok()) return status;
  v1::CompileTrampolineResponse response;
  status = ToStatus(stub_->CompileTrampoline(&context, ToProto(request), &response));
  if (!status.ok()) return status;
  return Accept(response.trampoline(), request);
}

std::vector<absl::StatusOr<Trampoline>> RemoteSource::CompileMany(
    absl::Span<const CompileRequest> requests, absl::Time deadline) {
  std::vector<absl::StatusOr<Trampoline>> results;
  results.reserve(requests.size());
  const absl::StatusOr<BatchLimits> limits = GetBatchLimits(deadline);
  if (!limits.ok()) {
    results.assign(requests.size(), limits.status());
    return results;
  }
  while (results.size() < requests.size()) {
    const absl::Span<const CompileRequest> left = requests.subspan(results.size());
    const v1::BatchCompileTrampolinesRequest batch = FillBatch(left, *limits);
    const auto asked = left.first(static_cast<size_t>(batch.requests_size()));
    v1::BatchCompileTrampolinesResponse response;
    const absl::Status status = CallBatch(batch, deadline, &response);
    if (status.ok()) {
      AppendAnswers(response, asked, results);
    } else {
      results.insert(results.end(), asked.size(), status);
    }
  }
  return results;
}

// As many requests from the front as fit into one message. A single one goes out whatever its
// size: the server has the last word.
v1::BatchCompileTrampolinesRequest RemoteSource::FillBatch(
    absl::Span<const CompileRequest> requests, const BatchLimits& limits) {
  v1::BatchCompileTrampolinesRequest batch;
  size_t bytes = 0;
  size_t answer_bytes = 0;
  for (const CompileRequest& request : requests) {
    v1::CompileTrampolineRequest item = ToProto(request);
    bytes += item.ByteSizeLong() + kItemOverheadBytes;
    const size_t items = static_cast<size_t>(batch.requests_size());
    answer_bytes += MaxAnswerBytes(request);
    if (items > 0 && (items >= limits.items || bytes > limits.message_bytes ||
                      answer_bytes > kMaxResponseBytes)) {
      break;
    }
    *batch.add_requests() = std::move(item);
  }
  return batch;
}

absl::Status RemoteSource::CallBatch(const v1::BatchCompileTrampolinesRequest& batch,
                                     absl::Time deadline,
                                     v1::BatchCompileTrampolinesResponse* response) {
  grpc::ClientContext context;
  absl::Status status = SetDeadline(deadline, context);
  if (!status.ok()) return status;
  return ToStatus(stub_->BatchCompileTrampolines(&context, batch, response));
}

absl::StatusOr<RemoteSource::BatchLimits> RemoteSource::GetBatchLimits(absl::Time deadline) {
  {
    absl::MutexLock lock(&mutex_);
    if (batch_limits_.has_value()) return *batch_limits_;
  }
  const absl::StatusOr<Capabilities> capabilities = GetCapabilities(deadline);
  if (!capabilities.ok()) return capabilities.status();
  const BatchLimits limits = {capabilities->max_batch_items, capabilities->max_message_bytes};
  absl::MutexLock lock(&mutex_);
  batch_limits_ = limits;
  return limits;
}

absl::StatusOr<Capabilities> RemoteSource::GetCapabilities(absl::Time deadline) {
  grpc::ClientContext context;
  absl::Status status = SetDeadline(deadline, context);
  if (!status.ok()) return status;
  v1::Capabilities message;
  status = ToStatus(stub_->GetCapabilities(&context, v1::GetCapabilitiesRequest(), &message));
  if (!status.ok()) return status;
  Capabilities capabilities;
  capabilities.api_version = message.api_version();
  capabilities.codegen_version = message.codegen_version();
  for (const v1::Capabilities::TargetSupport& target : message.targets()) {
    capabilities.targets.push_back(
        {target.name(), target.isa(), target.caller_convention(), target.callee_convention()});
  }
  for (const v1::Capabilities::ProfileSupport& profile : message.profiles()) {
    capabilities.profiles.push_back(profile.name());
  }
  capabilities.max_parameters = message.limits().max_parameters();
  capabilities.max_batch_items = message.limits().max_batch_items();
  capabilities.max_message_bytes = message.limits().max_message_bytes();
  return capabilities;
}

}  // namespace springboard
