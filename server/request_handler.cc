#include "server/request_handler.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "compiler/compile.h"
#include "compiler/error_details.h"
#include "compiler/target.h"
#include "compiler/trampoline.h"
#include "proto/api_version.h"
#include "proto/conversion.h"
#include "proto/request_reader.h"
#include "proto/signed_content.h"
#include "proto/trampoline_writer.h"
#include "server/batch_response_writer.h"

namespace springboard {
namespace {

// So many items of a batch are answered before it is looked again whether the call was cancelled.
constexpr size_t kItemsPerLook = 16;

// For one after the other, in the same memory.
Trampoline& TrampolineOfThread() {
  static thread_local Trampoline trampoline;
  return trampoline;
}

// Why there is no trampoline.
std::string ReasonOf(const absl::Status& status) {
  const std::optional<ErrorDetails> details = GetErrorDetails(status);
  return details.has_value() ? details->reason : absl::StatusCodeToString(status.code());
}

// `target` is what was asked for, which the request may not have come to.
absl::Status CompileInto(const absl::StatusOr<CompileRequest>& request, v1::Target target,
                         Trampoline& trampoline, Work* work) {
  absl::Status status =
      request.ok() ? springboard::CompileInto(*request, trampoline) : request.status();
  ++work->items;
  const absl::StatusOr<Target> known = FromProto(target);
  if (known.ok()) work->targets.set(static_cast<size_t>(*known));
  if (status.ok()) {
    ++work->trampolines[static_cast<size_t>(request->target)];
  } else {
    ++work->rejected[ReasonOf(status)];
  }
  return status;
}

// Encodes a CompileTrampolineResponse, with a signature if it has one.
void Encode(const TrampolineWriter& trampoline, const v1::ResponseSignature* signature,
            const std::function<uint8_t*(size_t)>& allocate) {
  using Response = v1::CompileTrampolineResponse;
  const size_t signature_bytes = signature == nullptr ? 0 : signature->ByteSizeLong();
  uint8_t* to = allocate(FieldBytes(trampoline.bytes()) +
                         (signature == nullptr ? 0 : FieldBytes(signature_bytes)));
  to = WriteFieldHeader(Response::kTrampolineFieldNumber, trampoline.bytes(), to);
  to = trampoline.Write(to);
  if (signature == nullptr) return;
  to = WriteFieldHeader(Response::kSignatureFieldNumber, signature_bytes, to);
  signature->SerializeWithCachedSizesToArray(to);
}

// Answers the items of a batch, one after the other.
class BatchAnswer {
 public:
  // What is to be signed is kept, if it is.
  BatchAnswer(google::protobuf::io::ZeroCopyOutputStream* response, bool is_signed, Work* work)
      : writer_(response), work_(work) {
    if (is_signed) content_.emplace();
  }

  // Compiles `request`, or tells why there is none. The rest is what was asked for.
  void Add(const absl::StatusOr<CompileRequest>& request, const v1::Signature& signature,
           v1::Target target, v1::CallerProfile profile) {
    // Of the item in its list, at most.
    constexpr uint64_t kFraming = 8;
    const absl::Status status = CompileInto(request, target, trampoline_, work_);
    if (!status.ok()) {
      const google::rpc::Status error = ToProto(status);
      bytes_ += writer_.Add(error) + kFraming;
      if (content_.has_value()) content_->Add(signature, target, profile, error);
      return;
    }
    bytes_ += writer_.Add(trampoline_, request->signature) + kFraming;
    if (!content_.has_value()) return;
    ToProto(trampoline_, request->signature, &message_);
    content_->Add(signature, target, profile, message_);
  }

  bool ok() const { return writer_.ok(); }
  // What it takes in the response so far, in bytes, at most.
  uint64_t bytes() const { return bytes_; }
  // After all items.
  std::string SignedContent() { return content_->Finish(); }
  void Add(const v1::ResponseSignature& signature) { writer_.Add(signature); }

 private:
  BatchResponseWriter writer_;
  Work* const work_;
  Trampoline& trampoline_ = TrampolineOfThread();
  // To sign the last item, whose memory the next one takes.
  v1::Trampoline message_;
  uint64_t bytes_ = 0;
  std::optional<springboard::SignedContent> content_;
};

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

}  // namespace

absl::Status MalformedMessage(absl::string_view type, size_t bytes) {
  return MakeError(
      absl::StatusCode::kInvalidArgument, reason::kMalformedMessage, "",
      absl::StrCat("the request is a ", type, "; got ", bytes, " bytes that do not decode as one"));
}

absl::Status RequestHandler::Answer(const v1::GetCapabilitiesRequest& /*request*/,
                                    v1::Capabilities* response) const {
  response->set_api_version(kApiVersion);
  response->set_codegen_version(kCodegenVersion);
  for (const TargetInfo& row : AllTargets()) {
    v1::Capabilities::TargetSupport* target = response->add_targets();
    target->set_target(ToProto(row.target));
    target->set_name(std::string(row.name));
    target->set_isa(std::string(Info(row.isa).name));
    target->set_caller_convention(std::string(row.caller(CallerProfile::kV8_10).name));
    target->set_callee_convention(std::string(row.callee->name));
  }
  for (const CallerProfileInfo& row : AllCallerProfiles()) {
    v1::Capabilities::ProfileSupport* profile = response->add_profiles();
    profile->set_profile(ToProto(row.profile));
    profile->set_name(std::string(row.name));
  }
  response->mutable_limits()->set_max_parameters(limits_.max_parameters);
  response->mutable_limits()->set_max_batch_items(limits_.max_batch_items);
  response->mutable_limits()->set_max_message_bytes(limits_.max_message_bytes);
  return absl::OkStatus();
}

absl::Status RequestHandler::Answer(absl::string_view request,
                                    const std::function<uint8_t*(size_t)>& allocate,
                                    Work* work) const {
  std::optional<CompileRequest> plain = ReadPlainRequest(request, limits_.max_parameters);
  if (plain.has_value()) {
    const v1::Target target = ToProto(plain->target);
    return Answer(*std::move(plain), target, allocate, work);
  }
  v1::CompileTrampolineRequest message;
  if (!message.ParseFromArray(request.data(), static_cast<int>(request.size()))) {
    return MalformedMessage(message.GetDescriptor()->full_name(), request.size());
  }
  return Answer(FromProto(message, limits_.max_parameters), message.target(), allocate, work);
}

absl::Status RequestHandler::Answer(const absl::StatusOr<CompileRequest>& request,
                                    v1::Target target,
                                    const std::function<uint8_t*(size_t)>& allocate,
                                    Work* work) const {
  const absl::Time start = absl::Now();
  Trampoline& trampoline = TrampolineOfThread();
  absl::Status status = CompileInto(request, target, trampoline, work);
  work->compiling = absl::Now() - start;
  if (!status.ok()) return status;
  const TrampolineWriter writer(trampoline, request->signature);
  if (!key_.has_value()) {
    Encode(writer, nullptr, allocate);
    return absl::OkStatus();
  }
  v1::CompileTrampolineResponse response;
  ToProto(trampoline, request->signature, response.mutable_trampoline());
  const absl::StatusOr<v1::ResponseSignature> signature =
      Sign(SignedContentOf(ToProto(*request), response));
  if (signature.ok()) Encode(writer, &*signature, allocate);
  return signature.status();
}

absl::Status RequestHandler::Answer(const v1::BatchCompileTrampolinesRequest& request,
                                    const std::function<bool()>& is_cancelled,
                                    google::protobuf::io::ZeroCopyOutputStream* response,
                                    Work* work) const {
  absl::Status status = Check(request);
  if (!status.ok()) return status;
  const absl::Time start = absl::Now();
  BatchAnswer answer(response, key_.has_value(), work);
  bool was_cancelled = false;
  // Whether there is to be another item.
  const auto goes_on = [&] {
    if (work->items % kItemsPerLook == 0) was_cancelled = was_cancelled || is_cancelled();
    return answer.bytes() <= limits_.max_response_bytes && !was_cancelled;
  };
  for (const v1::CompileTrampolineRequest& item : request.requests()) {
    if (!goes_on()) break;
    answer.Add(FromProto(item, limits_.max_parameters), item.signature(), item.target(),
               item.caller_profile());
  }
  const v1::BatchCompileTrampolinesRequest::Product& product = request.product();
  const absl::StatusOr<CallerProfile> profile = FromProto(product.caller_profile());
  for (const v1::Signature& message : product.signatures()) {
    if (!goes_on()) break;
    const absl::StatusOr<Signature> signature = FromProto(message, limits_.max_parameters);
    for (const int target : product.targets()) {
      if (!goes_on()) break;
      const auto one = static_cast<v1::Target>(target);
      answer.Add(ProductRequest(signature, one, profile), message, one, product.caller_profile());
    }
  }
  work->compiling = absl::Now() - start;
  if (answer.bytes() > limits_.max_response_bytes) {
    return MakeError(
        absl::StatusCode::kResourceExhausted, reason::kResponseTooLarge, "",
        absl::StrCat("a response has at most ", limits_.max_response_bytes, " bytes; its first ",
                     work->items, " items have ", answer.bytes()));
  }
  if (was_cancelled) return absl::CancelledError("the call was cancelled");
  if (!answer.ok()) return absl::InternalError("there is no room for the response");
  if (!key_.has_value()) return absl::OkStatus();
  const absl::StatusOr<v1::ResponseSignature> signature = Sign(answer.SignedContent());
  if (signature.ok()) answer.Add(*signature);
  return signature.status();
}

absl::StatusOr<v1::ResponseSignature> RequestHandler::Sign(const std::string& content) const {
  std::string signature = content.empty() ? "" : key_->Sign(content);
  // Whoever wants signed responses cannot use others.
  if (signature.empty()) {
    return absl::ResourceExhaustedError("there is no memory to sign the response");
  }
  v1::ResponseSignature message;
  message.set_ed25519(std::move(signature));
  return message;
}

absl::Status RequestHandler::Check(const v1::BatchCompileTrampolinesRequest& request) const {
  if (request.has_product() && request.requests_size() > 0) {
    return MakeError(absl::StatusCode::kInvalidArgument, reason::kAmbiguousBatch, "product",
                     absl::StrCat("a batch has either requests or a product; got a product and ",
                                  request.requests_size(), " requests"));
  }
  // A product with nothing on one side has no items, and may be as long on the other.
  const uint64_t items =
      std::max({CountItems(request), static_cast<uint64_t>(request.product().signatures_size()),
                static_cast<uint64_t>(request.product().targets_size())});
  if (items <= limits_.max_batch_items) return absl::OkStatus();
  return MakeError(
      absl::StatusCode::kResourceExhausted, reason::kBatchTooLarge,
      request.has_product() ? "product" : "requests",
      absl::StrCat("at most ", limits_.max_batch_items, " items in a batch; got ", items));
}

uint64_t RequestHandler::CountItems(const v1::BatchCompileTrampolinesRequest& request) {
  const uint64_t signatures = static_cast<uint64_t>(request.product().signatures_size());
  const uint64_t targets = static_cast<uint64_t>(request.product().targets_size());
  return static_cast<uint64_t>(request.requests_size()) + signatures * targets;
}

}  // namespace springboard
