// Any bytes as a message that a server or a client reads: byte 0 picks which, and the server's
// limit of parameters; the others are the message.

#include <google/protobuf/stubs/logging.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "compiler/compile_request.h"
#include "compiler/error_details.h"
#include "compiler/signature.h"
#include "compiler/trampoline.h"
#include "google/rpc/status.pb.h"
#include "proto/conversion.h"
#include "springboard/v1/trampoline_compiler.pb.h"
#include "tests/fuzz/property.h"

namespace springboard {
namespace {

constexpr uint8_t kLowLimitBit = 0x80;

// Calls `check` with the message that the bytes are, if they are one.
template <typename Message>
void Decode(const std::string& bytes, void (*check)(const Message&)) {
  Message message;
  if (message.ParseFromString(bytes)) check(message);
}

template <typename Message>
std::string Describe(const Message& message) {
  return absl::StrCat(message.GetTypeName(), ":\n", message.DebugString());
}

bool AreEqual(const CompileRequest& a, const CompileRequest& b) {
  return a.signature == b.signature && a.target == b.target && a.profile == b.profile;
}

void CheckRequest(const v1::CompileTrampolineRequest& message, size_t max_parameters) {
  const auto input = [&] { return Describe(message); };
  const absl::StatusOr<CompileRequest> request = FromProto(message, max_parameters);
  if (!request.ok()) {
    RequireError(request.status(), absl::StatusCode::kInvalidArgument, input);
    Require(!GetErrorDetails(request.status())->field.empty(), "a bad request names the field",
            input);
    return;
  }
  Require(request->signature.parameters().size() <= max_parameters,
          "a request keeps the server's limit", input);
  v1::CompileTrampolineRequest sent;
  Require(sent.ParseFromString(ToProto(*request).SerializeAsString()),
          "a request decodes as it was encoded", input);
  const absl::StatusOr<CompileRequest> received = FromProto(sent, max_parameters);
  Require(received.ok() && AreEqual(*received, *request), "a request round trips", input);
}

void CheckWithHighLimit(const v1::CompileTrampolineRequest& message) {
  CheckRequest(message, Signature::kMaxParameters);
}
void CheckWithLowLimit(const v1::CompileTrampolineRequest& message) { CheckRequest(message, 2); }

// Every item as the request that it stands for.
void CheckBatch(const v1::BatchCompileTrampolinesRequest& message) {
  for (const v1::CompileTrampolineRequest& request : message.requests()) {
    CheckWithHighLimit(request);
  }
  v1::CompileTrampolineRequest item;
  item.set_caller_profile(message.product().caller_profile());
  for (const v1::Signature& signature : message.product().signatures()) {
    *item.mutable_signature() = signature;
    for (const int target : message.product().targets()) {
      item.set_target(static_cast<v1::Target>(target));
      CheckWithHighLimit(item);
    }
  }
}

void CheckTrampoline(const v1::Trampoline& message) {
  const auto input = [&] { return Describe(message); };
  const absl::StatusOr<Trampoline> trampoline = FromProto(message);
  if (!trampoline.ok()) {
    RequireError(trampoline.status(), absl::StatusCode::kInternal, input);
    return;
  }
  Require(trampoline->relocation.callee_offset_bytes + uint64_t{8} <= trampoline->code.size(),
          "the callee's 8 bytes lie in the code", input);
  const uint32_t alignment = trampoline->alignment_bytes;
  Require(alignment > 0 && (alignment & (alignment - 1)) == 0, "an alignment is a power of two",
          input);
  v1::Trampoline sent;
  ToProto(*trampoline, *Signature::Create({}, NativeType::kVoid), &sent);
  const absl::StatusOr<Trampoline> received = FromProto(sent);
  Require(received.ok() && *received == *trampoline, "a trampoline round trips", input);
}

// A code that absl does not know reads as UNKNOWN, so that only what was read once round trips.
void CheckStatus(const google::rpc::Status& message) {
  const auto input = [&] { return Describe(message); };
  const absl::Status status = FromProto(message);
  Require(status.ok() == (message.code() == 0), "a status is OK where its code is", input);
  Require(status.ok() || status.message() == message.message(), "a status keeps its message",
          input);
  const absl::Status again = FromProto(ToProto(status));
  Require(again.code() == status.code() && again.message() == status.message(),
          "a status round trips", input);
  const std::optional<ErrorDetails> details = GetErrorDetails(status);
  const std::optional<ErrorDetails> details_again = GetErrorDetails(again);
  Require(details.has_value() == details_again.has_value(), "details round trip", input);
  if (!details.has_value()) return;
  Require(details->reason == details_again->reason && details->field == details_again->field,
          "reason and field round trip", input);
}

void CheckMessage(uint8_t choice, const std::string& bytes) {
  const bool low_limit = (choice & kLowLimitBit) != 0;
  switch ((choice & ~kLowLimitBit) % 4) {
    case 0:
      return Decode(bytes, low_limit ? &CheckWithLowLimit : &CheckWithHighLimit);
    case 1:
      return Decode(bytes, &CheckTrampoline);
    case 2:
      return Decode(bytes, &CheckBatch);
    default:
      return Decode(bytes, &CheckStatus);
  }
}

}  // namespace
}  // namespace springboard

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  // Says so of every text that is not UTF-8.
  google::protobuf::SetLogHandler(nullptr);
  springboard::CheckMessage(data[0],
                            std::string(reinterpret_cast<const char*>(data) + 1, size - 1));
  return 0;
}
