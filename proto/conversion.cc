#include "proto/conversion.h"

#include <optional>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "compiler/error_details.h"
#include "compiler/fast_api.h"
#include "compiler/native_type.h"
#include "google/rpc/error_details.pb.h"
#include "proto/enums.h"

namespace springboard {
namespace {

constexpr char kErrorDomain[] = "springboard";
constexpr uint32_t kAddressBytes = 8;

template <typename Message, typename Value>
Message ToEnum(Value value) {
  return static_cast<Message>(EnumNumber(value));
}

absl::Status UnknownEnum(absl::string_view reason, absl::string_view field, absl::string_view what,
                         int number) {
  const absl::string_view problem = number == 0 ? "is unspecified" : "is unknown to this server";
  return MakeError(absl::StatusCode::kInvalidArgument, reason, field,
                   absl::StrCat("the ", what, " ", problem, "; got ", number));
}

absl::Status MalformedResponse(absl::string_view reason, absl::string_view field,
                               absl::string_view message) {
  return MakeError(absl::StatusCode::kInternal, reason, field,
                   absl::StrCat("malformed response: ", message));
}

std::optional<NativeType> TypeFromProto(int number) {
  return FromEnumNumber<NativeType>(number, kNativeTypes.size());
}

}  // namespace

absl::StatusOr<Signature> FromProto(const v1::Signature& message, size_t max_parameters) {
  SignatureOptions options;
  options.can_callback = message.can_callback();
  options.max_parameters = max_parameters;
  const std::optional<NativeType> result = TypeFromProto(message.result());
  if (!result.has_value()) {
    return UnknownEnum(reason::kUnknownType, "result", "type", message.result());
  }
  absl::InlinedVector<NativeType, 32> parameters;
  if (static_cast<size_t>(message.parameters_size()) > max_parameters) {
    return TooManyParameters(max_parameters, static_cast<size_t>(message.parameters_size()));
  }
  for (const int number : message.parameters()) {
    const std::optional<NativeType> type = TypeFromProto(number);
    if (!type.has_value()) {
      return UnknownEnum(reason::kUnknownType, absl::StrCat("parameters[", parameters.size(), "]"),
                         "type", number);
    }
    parameters.push_back(*type);
  }
  return Signature::Create(parameters, *result, options);
}

absl::StatusOr<Target> FromProto(v1::Target target) {
  const auto known = FromEnumNumber<Target>(target, AllTargets().size());
  if (!known.has_value()) return UnknownEnum(reason::kUnknownTarget, "target", "target", target);
  return *known;
}

absl::StatusOr<CallerProfile> FromProto(v1::CallerProfile profile) {
  const auto known = FromEnumNumber<CallerProfile>(profile, AllCallerProfiles().size());
  if (!known.has_value()) {
    return UnknownEnum(reason::kUnknownProfile, "caller_profile", "caller profile", profile);
  }
  return *known;
}

absl::StatusOr<CompileRequest> FromProto(const v1::CompileTrampolineRequest& message,
                                         size_t max_parameters) {
  absl::StatusOr<Signature> signature = FromProto(message.signature(), max_parameters);
  if (!signature.ok()) return WithFieldPrefix(signature.status(), "signature");
  const absl::StatusOr<Target> target = FromProto(message.target());
  if (!target.ok()) return target.status();
  const absl::StatusOr<CallerProfile> profile = FromProto(message.caller_profile());
  if (!profile.ok()) return profile.status();
  return CompileRequest{*std::move(signature), *target, *profile};
}

absl::StatusOr<Trampoline> FromProto(const v1::Trampoline& message) {
  if (message.relocation().kind() != v1::Relocation::KIND_ABSOLUTE64) {
    return MalformedResponse(reason::kUnknownRelocation, "relocation.kind",
                             absl::StrCat("this client knows relocation kind 1 (absolute64); got ",
                                          static_cast<int>(message.relocation().kind())));
  }
  const size_t code_bytes = message.code().size();
  const uint32_t offset = message.relocation().callee_offset();
  if (code_bytes < kAddressBytes || offset > code_bytes - kAddressBytes) {
    return MalformedResponse(reason::kCalleeOffsetOutOfRange, "relocation.callee_offset",
                             absl::StrCat("the callee's 8 bytes must lie in the code of ",
                                          code_bytes, " bytes; got offset ", offset));
  }
  const uint32_t alignment = message.alignment();
  if (alignment == 0 || alignment > 4096 || (alignment & (alignment - 1)) != 0) {
    return MalformedResponse(
        reason::kMalformedResponse, "alignment",
        absl::StrCat("an alignment is a power of two up to 4096; got ", alignment));
  }
  const auto target = FromEnumNumber<Target>(message.target(), AllTargets().size());
  if (!target.has_value()) {
    return MalformedResponse(reason::kUnknownTarget, "target",
                             absl::StrCat("unknown target ", message.target()));
  }
  const auto profile =
      FromEnumNumber<CallerProfile>(message.caller_profile(), AllCallerProfiles().size());
  if (!profile.has_value()) {
    return MalformedResponse(reason::kUnknownProfile, "caller_profile",
                             absl::StrCat("unknown caller profile ", message.caller_profile()));
  }
  return Trampoline{CodeBytes(message.code().begin(), message.code().end()),
                    {RelocationKind::kAbsolute64, offset},
                    alignment,
                    *target,
                    *profile,
                    message.frame_bytes(),
                    message.is_tail_call(),
                    message.codegen_version()};
}

v1::Signature ToProto(const Signature& signature) {
  v1::Signature message;
  message.mutable_parameters()->Reserve(static_cast<int>(signature.parameters().size()));
  for (const NativeType type : signature.parameters()) {
    message.add_parameters(ToEnum<v1::NativeType>(type));
  }
  message.set_result(ToEnum<v1::NativeType>(signature.result()));
  return message;
}

v1::Target ToProto(Target target) { return ToEnum<v1::Target>(target); }

v1::CallerProfile ToProto(CallerProfile profile) { return ToEnum<v1::CallerProfile>(profile); }

v1::CompileTrampolineRequest ToProto(const CompileRequest& request) {
  v1::CompileTrampolineRequest message;
  *message.mutable_signature() = ToProto(request.signature);
  message.set_target(ToProto(request.target));
  message.set_caller_profile(ToProto(request.profile));
  return message;
}

void ToProto(const Trampoline& trampoline, const Signature& signature, v1::Trampoline* message) {
  message->set_code(trampoline.code.data(), trampoline.code.size());
  message->mutable_relocation()->set_kind(v1::Relocation::KIND_ABSOLUTE64);
  message->mutable_relocation()->set_callee_offset(trampoline.relocation.callee_offset_bytes);
  message->set_alignment(trampoline.alignment_bytes);
  message->set_target(ToProto(trampoline.target));
  message->set_caller_profile(ToProto(trampoline.profile));
  const FastApiTemplate fast_api = MakeFastApiTemplate(signature);
  auto* arguments = message->mutable_fast_api()->mutable_arguments();
  arguments->Clear();
  arguments->Reserve(static_cast<int>(fast_api.arguments.size()));
  for (const FastApiType type : fast_api.arguments) {
    arguments->AddAlreadyReserved(ToEnum<v1::FastApiType>(type));
  }
  message->mutable_fast_api()->set_result(ToEnum<v1::FastApiType>(fast_api.result));
  message->set_frame_bytes(trampoline.frame_bytes);
  message->set_is_tail_call(trampoline.is_tail_call);
  message->set_codegen_version(trampoline.codegen_version);
}

google::rpc::Status ToProto(const absl::Status& status) {
  google::rpc::Status message;
  message.set_code(static_cast<int>(status.code()));
  message.set_message(std::string(status.message()));
  const std::optional<ErrorDetails> details = GetErrorDetails(status);
  if (!details.has_value()) return message;
  google::rpc::ErrorInfo info;
  info.set_reason(details->reason);
  info.set_domain(kErrorDomain);
  message.add_details()->PackFrom(info);
  if (const std::optional<absl::Duration> delay = GetRetryDelay(status)) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(absl::ToInt64Seconds(*delay));
    retry.mutable_retry_delay()->set_nanos(
        static_cast<int32_t>(absl::ToInt64Nanoseconds(*delay % absl::Seconds(1))));
    message.add_details()->PackFrom(retry);
  }
  if (!details->field.empty()) {
    google::rpc::BadRequest bad_request;
    google::rpc::BadRequest::FieldViolation* violation = bad_request.add_field_violations();
    violation->set_field(details->field);
    violation->set_description(std::string(status.message()));
    message.add_details()->PackFrom(bad_request);
  }
  return message;
}

absl::Status FromProto(const google::rpc::Status& message) {
  ErrorDetails details;
  std::optional<absl::Duration> retry_delay;
  for (const google::protobuf::Any& any : message.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad_request;
    google::rpc::RetryInfo retry;
    if (any.UnpackTo(&info) && info.domain() == kErrorDomain) details.reason = info.reason();
    if (any.UnpackTo(&bad_request) && bad_request.field_violations_size() > 0) {
      details.field = bad_request.field_violations(0).field();
    }
    if (any.UnpackTo(&retry)) {
      retry_delay = absl::Seconds(retry.retry_delay().seconds()) +
                    absl::Nanoseconds(retry.retry_delay().nanos());
    }
  }
  const auto code = static_cast<absl::StatusCode>(message.code());
  absl::Status status = details.reason.empty()
                            ? absl::Status(code, message.message())
                            : MakeError(code, details.reason, details.field, message.message());
  if (retry_delay.has_value()) return WithRetryDelay(status, *retry_delay);
  return status;
}

}  // namespace springboard
