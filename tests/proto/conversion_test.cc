#include "proto/conversion.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "compiler/compile.h"
#include "compiler/error_details.h"
#include "compiler/fast_api.h"
#include "google/rpc/error_details.pb.h"
#include "proto/grpc_status.h"

namespace springboard {
namespace {

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(c));
  return text;
}

TEST(ConversionTest, EnumsNameTheSameThings) {
  for (size_t i = 0; i < kNativeTypes.size(); ++i) {
    const auto type = static_cast<v1::NativeType>(i + 1);
    EXPECT_EQ(Lower(v1::NativeType_Name(type)), "native_type_" + std::string(kNativeTypes[i].name));
  }
  for (const TargetInfo& row : AllTargets()) {
    std::string name = std::string(row.name);
    std::replace(name.begin(), name.end(), '-', '_');
    EXPECT_EQ(Lower(v1::Target_Name(ToProto(row.target))), "target_" + name);
  }
  for (const CallerProfileInfo& row : AllCallerProfiles()) {
    std::string name = std::string(row.name);
    std::replace(name.begin(), name.end(), '-', '_');
    EXPECT_EQ(Lower(v1::CallerProfile_Name(ToProto(row.profile))), "caller_profile_" + name);
  }
}

TEST(ConversionTest, RequestsAndTrampolinesRoundTrip) {
  for (const char* text : {"void()", "u64(u8,i16,buffer)", "f32(f32,f64,bool,function)"}) {
    for (const TargetInfo& row : AllTargets()) {
      const CompileRequest request = {*Signature::Parse(text), row.target};
      const absl::StatusOr<CompileRequest> back = FromProto(ToProto(request), 256);
      ASSERT_TRUE(back.ok()) << back.status();
      EXPECT_EQ(back->signature, request.signature);
      EXPECT_EQ(back->target, request.target);

      const absl::StatusOr<Trampoline> trampoline = Compile(request);
      ASSERT_TRUE(trampoline.ok());
      v1::Trampoline message;
      ToProto(*trampoline, request.signature, &message);
      const absl::StatusOr<Trampoline> read = FromProto(message);
      ASSERT_TRUE(read.ok()) << read.status();
      EXPECT_EQ(*read, *trampoline);
    }
  }
}

TEST(ConversionTest, TheTemplateFollowsTheSignature) {
  const CompileRequest request = {*Signature::Parse("u64(bool,u8,i16,u32,i64,f32,f64,buffer)"),
                                  Target::kX64SystemV};
  v1::Trampoline message;
  ToProto(*Compile(request), request.signature, &message);
  const std::vector<int> expected = {v1::FAST_API_TYPE_V8_VALUE,
                                     v1::FAST_API_TYPE_BOOL,
                                     v1::FAST_API_TYPE_UINT32,
                                     v1::FAST_API_TYPE_INT32,
                                     v1::FAST_API_TYPE_UINT32,
                                     v1::FAST_API_TYPE_INT64,
                                     v1::FAST_API_TYPE_FLOAT32,
                                     v1::FAST_API_TYPE_FLOAT64,
                                     v1::FAST_API_TYPE_TYPED_ARRAY_UINT8,
                                     v1::FAST_API_TYPE_TYPED_ARRAY_INT32};
  EXPECT_EQ(std::vector<int>(message.fast_api().arguments().begin(),
                             message.fast_api().arguments().end()),
            expected);
  EXPECT_EQ(message.fast_api().result(), v1::FAST_API_TYPE_VOID);
}

struct BadRequestCase {
  std::string reason;
  std::string field;
  std::function<void(v1::CompileTrampolineRequest&)> damage;
};

TEST(ConversionTest, BadRequestsNameReasonAndField) {
  const std::vector<BadRequestCase> cases = {
      {"UNKNOWN_TYPE", "signature.result", [](auto& r) { r.mutable_signature()->clear_result(); }},
      {"UNKNOWN_TYPE", "signature.result",
       [](auto& r) { r.mutable_signature()->set_result(static_cast<v1::NativeType>(18)); }},
      {"UNKNOWN_TYPE", "signature.parameters[1]",
       [](auto& r) { r.mutable_signature()->set_parameters(1, static_cast<v1::NativeType>(-5)); }},
      {"VOID_PARAMETER", "signature.parameters[0]",
       [](auto& r) { r.mutable_signature()->set_parameters(0, v1::NATIVE_TYPE_VOID); }},
      {"TOO_MANY_PARAMETERS", "signature.parameters",
       [](auto& r) {
         for (int i = 0; i < 9; ++i) r.mutable_signature()->add_parameters(v1::NATIVE_TYPE_U8);
       }},
      {"CAN_CALLBACK", "signature.can_callback",
       [](auto& r) { r.mutable_signature()->set_can_callback(true); }},
      {"UNKNOWN_TARGET", "target", [](auto& r) { r.clear_target(); }},
      {"UNKNOWN_TARGET", "target", [](auto& r) { r.set_target(static_cast<v1::Target>(99)); }},
      {"UNKNOWN_PROFILE", "caller_profile", [](auto& r) { r.clear_caller_profile(); }},
      {"UNKNOWN_PROFILE", "caller_profile",
       [](auto& r) { r.set_caller_profile(static_cast<v1::CallerProfile>(2)); }},
  };
  for (const BadRequestCase& row : cases) {
    SCOPED_TRACE(row.reason + " " + row.field);
    v1::CompileTrampolineRequest request =
        ToProto(CompileRequest{*Signature::Parse("u8(u8,u16)"), Target::kA64Linux});
    row.damage(request);
    const absl::Status status = FromProto(request, /*max_parameters=*/8).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    ASSERT_TRUE(GetErrorDetails(status).has_value()) << status;
    EXPECT_EQ(GetErrorDetails(status)->reason, row.reason);
    EXPECT_EQ(GetErrorDetails(status)->field, row.field);
  }
}

struct BadResponseCase {
  std::string reason;
  std::function<void(v1::Trampoline&)> damage;
};

TEST(ConversionTest, BadResponsesAreRefused) {
  const std::vector<BadResponseCase> cases = {
      {"UNKNOWN_RELOCATION", [](auto& t) { t.mutable_relocation()->clear_kind(); }},
      {"UNKNOWN_RELOCATION",
       [](auto& t) { t.mutable_relocation()->set_kind(static_cast<v1::Relocation::Kind>(2)); }},
      {"CALLEE_OFFSET_OUT_OF_RANGE",
       [](auto& t) {
         t.mutable_relocation()->set_callee_offset(static_cast<uint32_t>(t.code().size() - 7));
       }},
      {"CALLEE_OFFSET_OUT_OF_RANGE",
       [](auto& t) { t.mutable_relocation()->set_callee_offset(0xFFFFFFFF); }},
      {"CALLEE_OFFSET_OUT_OF_RANGE", [](auto& t) { t.clear_code(); }},
      {"UNKNOWN_TARGET", [](auto& t) { t.clear_target(); }},
      {"UNKNOWN_PROFILE", [](auto& t) { t.set_caller_profile(static_cast<v1::CallerProfile>(7)); }},
      {"MALFORMED_RESPONSE", [](auto& t) { t.set_alignment(0); }},
      {"MALFORMED_RESPONSE", [](auto& t) { t.set_alignment(24); }},
  };
  for (const BadResponseCase& row : cases) {
    SCOPED_TRACE(row.reason);
    const CompileRequest request = {*Signature::Parse("u8(u8)"), Target::kX64Windows};
    v1::Trampoline message;
    ToProto(*Compile(request), request.signature, &message);
    row.damage(message);
    const absl::Status status = FromProto(message).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal) << status;
    ASSERT_TRUE(GetErrorDetails(status).has_value()) << status;
    EXPECT_EQ(GetErrorDetails(status)->reason, row.reason);
  }
}

TEST(ConversionTest, ErrorsTravelThroughGrpc) {
  const absl::Status status = MakeError(absl::StatusCode::kInvalidArgument, "VOID_PARAMETER",
                                        "signature.parameters[3]", "void is a result only");
  const grpc::Status sent = ToGrpcStatus(status);
  google::rpc::Status rich;
  ASSERT_TRUE(rich.ParseFromString(sent.error_details()));
  ASSERT_EQ(rich.details_size(), 2);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(rich.details(0).UnpackTo(&info));
  EXPECT_EQ(info.reason(), "VOID_PARAMETER");
  EXPECT_EQ(info.domain(), "springboard");
  google::rpc::BadRequest bad_request;
  ASSERT_TRUE(rich.details(1).UnpackTo(&bad_request));
  EXPECT_EQ(bad_request.field_violations(0).field(), "signature.parameters[3]");
  EXPECT_EQ(FromGrpcStatus(sent), status);
}

TEST(ConversionTest, GarbageInErrorDetailsIsDropped) {
  const absl::Status status =
      FromGrpcStatus(grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone", "\xff\xff\xff"));
  EXPECT_EQ(status, absl::UnavailableError("gone"));
}

TEST(ConversionTest, AMessageMayBeFilledTwice) {
  v1::Trampoline message;
  for (const char* text : {"u64(u8,i16,buffer)", "void()"}) {
    const Signature signature = *Signature::Parse(text);
    const Trampoline trampoline = *Compile({signature, Target::kA64Apple});
    ToProto(trampoline, signature, &message);
    v1::Trampoline fresh;
    ToProto(trampoline, signature, &fresh);
    EXPECT_EQ(message.SerializeAsString(), fresh.SerializeAsString()) << text;
  }
}

}  // namespace
}  // namespace springboard
