// Any bytes as a request that a server answers: byte 0 picks the method and the limits, the others
// are the message, as gRPC hands it over. What is answered must be what the verifier accepts.

#include <google/protobuf/stubs/logging.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "client/verifier/verifier.h"
#include "compiler/compile_request.h"
#include "compiler/error_details.h"
#include "compiler/trampoline.h"
#include "proto/conversion.h"
#include "proto/request_reader.h"
#include "proto/signed_content.h"
#include "server/request_handler.h"
#include "springboard/v1/trampoline_compiler.pb.h"
#include "tests/fuzz/property.h"
#include "tests/support/answered_batch.h"

namespace springboard {
namespace {

constexpr uint8_t kLowLimitsBit = 0x80;
constexpr uint8_t kCancelBit = 0x40;
// Of work for one input: as much as a run may take.
constexpr uint32_t kMaxItems = 100;

RequestHandler MakeHandler(bool has_low_limits) {
  RequestLimits limits;
  limits.max_batch_items = kMaxItems;
  if (has_low_limits) {
    limits.max_parameters = 2;
    limits.max_batch_items = 3;
    limits.max_response_bytes = 200;
  }
  return RequestHandler(limits, std::nullopt);
}

template <typename Describe>
void CheckTrampoline(const v1::CompileTrampolineRequest& request, const v1::Trampoline& answer,
                     const Describe& input) {
  const absl::StatusOr<CompileRequest> asked = FromProto(request, Signature::kMaxParameters);
  const absl::StatusOr<Trampoline> trampoline = FromProto(answer);
  Require(asked.ok() && trampoline.ok(), "what is answered can be read", input);
  Require(trampoline->target == asked->target && trampoline->profile == asked->profile,
          "it is what was asked for", input);
  const UnverifiedCode code = {trampoline->code, trampoline->relocation.callee_offset_bytes,
                               trampoline->alignment_bytes};
  Require(!Verify(asked->signature, asked->target, asked->profile, code).has_value(),
          "the verifier accepts it", input);
}

bool AreSame(const CompileRequest& a, const CompileRequest& b) {
  return a.signature == b.signature && a.target == b.target && a.profile == b.profile;
}

// Of bytes as they came: what reads plain requests without Protobuf must say what Protobuf does.
void CheckCompile(const RequestHandler& handler, const std::string& received) {
  v1::CompileTrampolineRequest request;
  const bool is_message = request.ParseFromString(received);
  const auto input = [&] { return request.DebugString(); };
  const absl::StatusOr<CompileRequest> asked = FromProto(request, Signature::kMaxParameters);
  const std::optional<CompileRequest> plain = ReadPlainRequest(received, Signature::kMaxParameters);
  Require(!plain.has_value() || (is_message && asked.ok() && AreSame(*plain, *asked)),
          "a plain request is read as Protobuf reads it", input);
  std::string bytes;
  Work work;
  const auto allocate = [&](size_t size) {
    bytes.resize(size);
    return reinterpret_cast<uint8_t*>(bytes.data());
  };
  const absl::Status status = handler.Answer(received, allocate, &work);
  Require(is_message || !status.ok(), "bytes that are no message are refused", input);
  if (status.ok()) {
    v1::CompileTrampolineResponse response;
    Require(response.ParseFromString(bytes) && response.SerializeAsString() == bytes,
            "it is encoded as protobuf does", input);
    CheckTrampoline(request, response.trampoline(), input);
    Require(!SignedContentOf(request, response).empty(), "it can be signed", input);
  } else {
    RequireError(status, absl::StatusCode::kInvalidArgument, input);
  }
}

void CheckBatch(const RequestHandler& handler, const v1::BatchCompileTrampolinesRequest& request,
                bool is_cancelled) {
  const auto input = [&] { return request.DebugString(); };
  v1::BatchCompileTrampolinesResponse response;
  Work work;
  int asked = 0;
  const absl::Status status = AnswerBatch(
      handler, request, [&] { return is_cancelled && ++asked > 2; }, &response, &work);
  const uint64_t items = RequestHandler::CountItems(request);
  if (!status.ok()) {
    const bool is_known = status.code() == absl::StatusCode::kInvalidArgument ||
                          status.code() == absl::StatusCode::kResourceExhausted ||
                          status.code() == absl::StatusCode::kCancelled;
    Require(is_known, "a batch fails in one of three ways", input);
    Require(status.code() != absl::StatusCode::kCancelled || is_cancelled,
            "only a cancelled batch is CANCELLED", input);
    return;
  }
  Require(items <= kMaxItems, "a batch keeps the limit", input);
  Require(static_cast<uint64_t>(response.items_size()) == items, "each item has an answer", input);
  Require(work.items == items, "each item is counted", input);
  Require(!SignedContentOf(request, response).empty(), "it can be signed", input);
  for (int i = 0; i < response.items_size(); ++i) {
    const v1::BatchCompileTrampolinesResponse::Item& item = response.items(i);
    Require(item.has_trampoline() || item.error().code() != 0, "an answer or an error", input);
    if (item.has_trampoline() && i < request.requests_size()) {
      CheckTrampoline(request.requests(i), item.trampoline(), input);
    }
  }
}

void CheckRequest(uint8_t choice, const std::string& bytes) {
  const RequestHandler handler = MakeHandler((choice & kLowLimitsBit) != 0);
  if ((choice & 1) == 0) {
    CheckCompile(handler, bytes);
  } else {
    v1::BatchCompileTrampolinesRequest request;
    if (request.ParseFromString(bytes)) CheckBatch(handler, request, (choice & kCancelBit) != 0);
  }
}

}  // namespace
}  // namespace springboard

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  // Says so of every text that is not UTF-8.
  google::protobuf::SetLogHandler(nullptr);
  springboard::CheckRequest(data[0],
                            std::string(reinterpret_cast<const char*>(data) + 1, size - 1));
  return 0;
}
