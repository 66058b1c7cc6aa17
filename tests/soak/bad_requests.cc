#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "compiler/signature.h"
#include "proto/conversion.h"
#include "springboard/v1/trampoline_compiler.pb.h"
#include "tests/soak/load_kinds.h"
#include "tests/soak/soak_channel.h"

namespace springboard {
namespace {

// A request that no client of ours makes, and how it has to end.
struct BadRequest {
  std::string method;
  std::string bytes;
  grpc::StatusCode code;
};

constexpr char kUnaryMethod[] = "CompileTrampoline";
constexpr char kBatchMethod[] = "BatchCompileTrampolines";

v1::CompileTrampolineRequest GoodRequest() {
  return ToProto(CompileRequest{*Signature::Parse("u64(u8,i16,buffer)"), Target::kX64SystemV});
}

// More than a signature, a batch or a message may have.
std::vector<BadRequest> TooLarge() {
  v1::CompileTrampolineRequest parameters = GoodRequest();
  for (size_t i = 0; i < Signature::kMaxParameters; ++i) {
    parameters.mutable_signature()->add_parameters(v1::NATIVE_TYPE_U8);
  }
  v1::BatchCompileTrampolinesRequest items;
  *items.mutable_product()->add_signatures() = GoodRequest().signature();
  for (int i = 0; i < 10001; ++i) items.mutable_product()->add_targets(v1::TARGET_X86_64_SYSV);
  return {{kUnaryMethod, parameters.SerializeAsString(), grpc::StatusCode::INVALID_ARGUMENT},
          {kBatchMethod, items.SerializeAsString(), grpc::StatusCode::RESOURCE_EXHAUSTED},
          {kBatchMethod, std::string(5 << 20, '\0'), grpc::StatusCode::RESOURCE_EXHAUSTED}};
}

std::vector<BadRequest> WrongFields() {
  v1::CompileTrampolineRequest type = GoodRequest();
  type.mutable_signature()->set_parameters(1, static_cast<v1::NativeType>(99));
  v1::CompileTrampolineRequest target = GoodRequest();
  target.set_target(static_cast<v1::Target>(99));
  v1::CompileTrampolineRequest callback = GoodRequest();
  callback.mutable_signature()->set_can_callback(true);
  v1::BatchCompileTrampolinesRequest ambiguous;
  *ambiguous.add_requests() = GoodRequest();
  *ambiguous.mutable_product()->add_signatures() = GoodRequest().signature();
  std::vector<BadRequest> requests;
  for (const auto& message : {type, target, callback, v1::CompileTrampolineRequest()}) {
    requests.push_back(
        {kUnaryMethod, message.SerializeAsString(), grpc::StatusCode::INVALID_ARGUMENT});
  }
  requests.push_back(
      {kBatchMethod, ambiguous.SerializeAsString(), grpc::StatusCode::INVALID_ARGUMENT});
  return requests;
}

std::vector<BadRequest> BadRequests() {
  std::vector<BadRequest> requests = WrongFields();
  // A number of more than ten bytes, and one that does not end, never decode.
  for (const size_t length : {4, 100, 100000}) {
    for (const char* const method : {"GetCapabilities", kUnaryMethod, kBatchMethod}) {
      requests.push_back({method, std::string(length, '\xFF'), grpc::StatusCode::INVALID_ARGUMENT});
    }
  }
  requests.push_back({"NoSuchMethod", "", grpc::StatusCode::UNIMPLEMENTED});
  for (BadRequest& request : TooLarge()) requests.push_back(std::move(request));
  return requests;
}

grpc::Status Call(grpc::GenericStub& stub, const BadRequest& request) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(20)));
  grpc::CompletionQueue queue;
  const grpc::Slice slice(request.bytes);
  const grpc::ByteBuffer bytes(&slice, 1);
  const auto call = stub.PrepareUnaryCall(
      &context, "/springboard.v1.TrampolineCompiler/" + request.method, bytes, &queue);
  call->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool is_ok = false;
  queue.Next(&tag, &is_ok);
  return status;
}

}  // namespace

void SoakBadRequests(const SoakThread& thread) {
  const std::vector<BadRequest> requests = BadRequests();
  grpc::GenericStub stub(MakeSoakChannel(thread.server, thread.is_tls));
  for (size_t i = 0; !thread.is_over; i = (i + 1) % requests.size()) {
    const grpc::Status status = Call(stub, requests[i]);
    if (status.error_code() == requests[i].code) {
      thread.tally.Add(LoadKind::kBadRequest, 0);
    } else {
      thread.tally.AddWrong(
          LoadKind::kBadRequest,
          absl::StrCat(requests[i].method, " with ", requests[i].bytes.size(),
                       " bytes ended with code ", status.error_code(), ": ", status.error_message(),
                       "; expected code ", requests[i].code));
    }
  }
}

}  // namespace springboard
