#ifndef SPRINGBOARD_SERVER_REQUEST_HANDLER_H_
#define SPRINGBOARD_SERVER_REQUEST_HANDLER_H_

#include <google/protobuf/io/zero_copy_stream.h>

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/signing.h"
#include "compiler/compile_request.h"
#include "compiler/signature.h"
#include "compiler/target.h"
#include "springboard/v1/trampoline_compiler.pb.h"

namespace springboard {

inline constexpr uint32_t kMaxBatchItems = 100000;

// What a server accepts in a request.
struct RequestLimits {
  uint32_t max_parameters = Signature::kMaxParameters;  // 0 to Signature::kMaxParameters.
  // At most kMaxBatchItems, so that no response comes near protobuf's 2 GiB.
  uint32_t max_batch_items = 10000;
  uint32_t max_message_bytes = 4 << 20;    // Enforced by gRPC before a message is seen.
  uint64_t max_response_bytes = 32 << 20;  // Of one message.
};

// What answering one request took.
struct Work {
  uint32_t items = 0;                                     // Answers: trampolines and errors.
  std::array<uint32_t, kTargetCount> trampolines = {};    // By target.
  std::map<std::string, uint32_t, std::less<>> rejected;  // Items without a trampoline, by reason.
  std::bitset<kTargetCount> targets;                      // Those that were asked for.
  absl::Duration compiling;                               // All items together.
};

// The error of a request of so many bytes that is no message of the type.
absl::Status MalformedMessage(absl::string_view type, size_t bytes);

// Answers requests, whoever brought them: see trampoline_compiler.proto for the contracts. Its
// responses are functions of requests, limits and key. Thread-safe.
class RequestHandler {
 public:
  // Signs its responses if there is a key.
  RequestHandler(const RequestLimits& limits, std::optional<SigningKey> key)
      : limits_(limits), key_(std::move(key)) {}

  absl::Status Answer(const v1::GetCapabilitiesRequest& request, v1::Capabilities* response) const;
  // `request` is an encoded CompileTrampolineRequest. Writes an encoded CompileTrampolineResponse
  // to where `allocate` has room for so many bytes; asks for it once, and not if there is an error.
  absl::Status Answer(absl::string_view request, const std::function<uint8_t*(size_t)>& allocate,
                      Work* work) const;
  // Writes an encoded BatchCompileTrampolinesResponse, of no use if there is an error. Stops early
  // once the call is cancelled, which it asks before each item: CANCELLED then.
  absl::Status Answer(const v1::BatchCompileTrampolinesRequest& request,
                      const std::function<bool()>& is_cancelled,
                      google::protobuf::io::ZeroCopyOutputStream* response, Work* work) const;

  // Whether a batch can be answered; nothing is compiled.
  absl::Status Check(const v1::BatchCompileTrampolinesRequest& request) const;

  // How many answers a batch has.
  static uint64_t CountItems(const v1::BatchCompileTrampolinesRequest& request);

 private:
  // `target` is what was asked for, which `request` may not have come to.
  absl::Status Answer(const absl::StatusOr<CompileRequest>& request, v1::Target target,
                      const std::function<uint8_t*(size_t)>& allocate, Work* work) const;

  // The signature of `content`, if there is memory; there is a key.
  absl::StatusOr<v1::ResponseSignature> Sign(const std::string& content) const;

  const RequestLimits limits_;
  const std::optional<SigningKey> key_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_REQUEST_HANDLER_H_
