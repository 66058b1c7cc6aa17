// The service over a real socket, through its generated stub: what any client in any language sees.

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "compiler/error_details.h"
#include "compiler/trampoline.h"
#include "proto/conversion.h"
#include "proto/grpc_status.h"
#include "springboard/v1/trampoline_compiler.grpc.pb.h"
#include "tests/support/server_program.h"

namespace springboard {
namespace {

v1::CompileTrampolineRequest Request(const std::string& signature, Target target) {
  return ToProto(CompileRequest{*Signature::Parse(signature), target});
}

class ServiceTest : public testing::Test {
 protected:
  void SetUp() override { Start({}); }

  void Start(const std::vector<std::string>& flags) {
    server_ = std::make_unique<ServerProgram>(flags);
    stub_ = v1::TrampolineCompiler::NewStub(
        grpc::CreateChannel(server_->address(), grpc::InsecureChannelCredentials()));
  }

  absl::Status Compile(const v1::CompileTrampolineRequest& request,
                       v1::CompileTrampolineResponse* response) {
    grpc::ClientContext context;
    return FromGrpcStatus(stub_->CompileTrampoline(&context, request, response));
  }

  absl::Status Batch(const v1::BatchCompileTrampolinesRequest& request,
                     v1::BatchCompileTrampolinesResponse* response) {
    grpc::ClientContext context;
    return FromGrpcStatus(stub_->BatchCompileTrampolines(&context, request, response));
  }

  std::unique_ptr<ServerProgram> server_;
  std::unique_ptr<v1::TrampolineCompiler::Stub> stub_;
};

TEST_F(ServiceTest, CapabilitiesListTargetsProfilesAndLimits) {
  grpc::ClientContext context;
  v1::Capabilities capabilities;
  ASSERT_TRUE(stub_->GetCapabilities(&context, v1::GetCapabilitiesRequest(), &capabilities).ok());
  EXPECT_EQ(capabilities.api_version(), "1.0");
  EXPECT_EQ(capabilities.codegen_version(), kCodegenVersion);
  std::set<std::string> names;
  for (const auto& target : capabilities.targets()) names.insert(target.name());
  EXPECT_EQ(names, (std::set<std::string>{"aarch64-apple", "aarch64-linux", "aarch64-windows",
                                          "x86_64-sysv", "x86_64-windows"}));
  EXPECT_EQ(capabilities.targets(0).isa(), "x86_64");
  EXPECT_EQ(capabilities.targets(0).caller_convention(), "v8-sysv");
  EXPECT_EQ(capabilities.targets(0).callee_convention(), "sysv");
  ASSERT_EQ(capabilities.profiles_size(), 1);
  EXPECT_EQ(capabilities.profiles(0).name(), "v8-10");
  EXPECT_EQ(capabilities.limits().max_parameters(), 256u);
  EXPECT_EQ(capabilities.limits().max_batch_items(), 10000u);
  EXPECT_EQ(capabilities.limits().max_message_bytes(), 4u << 20);
}

TEST_F(ServiceTest, CompilesOne) {
  v1::CompileTrampolineResponse response;
  ASSERT_TRUE(Compile(Request("f64(f64,f64)", Target::kX64SystemV), &response).ok());
  const v1::Trampoline& trampoline = response.trampoline();
  // xor edi, edi; movabs rax, callee; jmp rax
  EXPECT_EQ(trampoline.code(), std::string("\x31\xff\x48\xb8\0\0\0\0\0\0\0\0\xff\xe0", 14));
  EXPECT_EQ(trampoline.relocation().kind(), v1::Relocation::KIND_ABSOLUTE64);
  EXPECT_EQ(trampoline.relocation().callee_offset(), 4u);
  EXPECT_EQ(trampoline.target(), v1::TARGET_X86_64_SYSV);
  EXPECT_EQ(trampoline.caller_profile(), v1::CALLER_PROFILE_V8_10);
  EXPECT_EQ(trampoline.frame_bytes(), 0u);
  EXPECT_TRUE(trampoline.is_tail_call());
  EXPECT_EQ(trampoline.codegen_version(), kCodegenVersion);
  EXPECT_EQ(trampoline.fast_api().arguments_size(), 3);
}

TEST_F(ServiceTest, ARefusalNamesReasonFieldAndValue) {
  v1::CompileTrampolineRequest request = Request("u8(u8,u8)", Target::kX64SystemV);
  request.mutable_signature()->set_parameters(1, v1::NATIVE_TYPE_VOID);
  v1::CompileTrampolineResponse response;
  const absl::Status status = Compile(request, &response);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "void is a result only; parameter 1 is void");
  ASSERT_TRUE(GetErrorDetails(status).has_value());
  EXPECT_EQ(GetErrorDetails(status)->reason, "VOID_PARAMETER");
  EXPECT_EQ(GetErrorDetails(status)->field, "signature.parameters[1]");
}

// What has no items may be long all the same.
TEST_F(ServiceTest, AProductWithNothingOnOneSideIsEmptyButLimited) {
  v1::BatchCompileTrampolinesRequest request;
  request.mutable_product()->set_caller_profile(v1::CALLER_PROFILE_V8_10);
  for (int i = 0; i < 10000; ++i) request.mutable_product()->add_signatures();
  v1::BatchCompileTrampolinesResponse response;
  EXPECT_TRUE(Batch(request, &response).ok());
  EXPECT_EQ(response.items_size(), 0);
  request.mutable_product()->add_signatures();
  EXPECT_EQ(GetErrorDetails(Batch(request, &response))->reason, "BATCH_TOO_LARGE");
  request.mutable_product()->clear_signatures();
  for (int i = 0; i < 10001; ++i) request.mutable_product()->add_targets(v1::TARGET_AARCH64_APPLE);
  EXPECT_EQ(GetErrorDetails(Batch(request, &response))->reason, "BATCH_TOO_LARGE");
}

TEST_F(ServiceTest, AResponseThatIsTooLargeIsRefused) {
  Start({"--max_response_bytes=65536"});
  v1::BatchCompileTrampolinesRequest request;
  auto* const product = request.mutable_product();
  product->set_caller_profile(v1::CALLER_PROFILE_V8_10);
  *product->add_signatures() = Request("u8(u8)", Target::kX64SystemV).signature();
  for (int i = 0; i < 2000; ++i) product->add_targets(v1::TARGET_AARCH64_APPLE);
  v1::BatchCompileTrampolinesResponse response;
  const absl::Status status = Batch(request, &response);
  EXPECT_EQ(GetErrorDetails(status)->reason, "RESPONSE_TOO_LARGE");
  EXPECT_FALSE(GetRetryDelay(status).has_value()) << "the same again would not help";
  product->mutable_targets()->Truncate(300);
  EXPECT_TRUE(Batch(request, &response).ok());
}

TEST_F(ServiceTest, AnEmptyRequestIsAnError) {
  v1::CompileTrampolineResponse response;
  const absl::Status status = Compile(v1::CompileTrampolineRequest(), &response);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetErrorDetails(status)->field, "signature.result");
}

TEST_F(ServiceTest, ABadItemDoesNotFailItsNeighbours) {
  v1::BatchCompileTrampolinesRequest request;
  *request.add_requests() = Request("u8(u8)", Target::kX64SystemV);
  *request.add_requests() = Request("u8(u8)", Target::kX64SystemV);
  request.mutable_requests(1)->clear_target();
  *request.add_requests() = Request("u16(u16)", Target::kA64Apple);
  v1::BatchCompileTrampolinesResponse response;
  ASSERT_TRUE(Batch(request, &response).ok());
  ASSERT_EQ(response.items_size(), 3);
  EXPECT_TRUE(response.items(0).has_trampoline());
  EXPECT_EQ(response.items(2).trampoline().target(), v1::TARGET_AARCH64_APPLE);
  ASSERT_TRUE(response.items(1).has_error());
  const absl::Status error = FromProto(response.items(1).error());
  EXPECT_EQ(error.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetErrorDetails(error)->reason, "UNKNOWN_TARGET");
  EXPECT_EQ(GetErrorDetails(error)->field, "target");
}

TEST_F(ServiceTest, AProductIsInTheOrderOfSignaturesThenTargets) {
  v1::BatchCompileTrampolinesRequest request;
  auto* product = request.mutable_product();
  for (const char* text : {"u8(u8)", "f64(buffer)"}) {
    *product->add_signatures() = ToProto(*Signature::Parse(text));
  }
  for (const TargetInfo& row : AllTargets()) product->add_targets(ToProto(row.target));
  product->set_caller_profile(v1::CALLER_PROFILE_V8_10);
  v1::BatchCompileTrampolinesResponse response;
  ASSERT_TRUE(Batch(request, &response).ok());
  ASSERT_EQ(response.items_size(), 10);
  for (int i = 0; i < 10; ++i) {
    v1::CompileTrampolineResponse single;
    ASSERT_TRUE(Compile(Request(i < 5 ? "u8(u8)" : "f64(buffer)",
                                AllTargets()[static_cast<size_t>(i % 5)].target),
                        &single)
                    .ok());
    EXPECT_EQ(response.items(i).trampoline().SerializeAsString(),
              single.trampoline().SerializeAsString())
        << "item " << i;
  }
}

TEST_F(ServiceTest, BadPartsOfAProductFailOnlyTheirItems) {
  v1::BatchCompileTrampolinesRequest request;
  auto* product = request.mutable_product();
  *product->add_signatures() = ToProto(*Signature::Parse("u8(u8)"));
  product->add_signatures();
  product->add_targets(v1::TARGET_X86_64_SYSV);
  product->add_targets(v1::TARGET_UNSPECIFIED);
  product->set_caller_profile(v1::CALLER_PROFILE_V8_10);
  v1::BatchCompileTrampolinesResponse response;
  ASSERT_TRUE(Batch(request, &response).ok());
  ASSERT_EQ(response.items_size(), 4);
  EXPECT_TRUE(response.items(0).has_trampoline());
  EXPECT_EQ(GetErrorDetails(FromProto(response.items(1).error()))->field, "target");
  EXPECT_EQ(GetErrorDetails(FromProto(response.items(2).error()))->field, "signature.result");
  EXPECT_TRUE(response.items(3).has_error());
}

TEST_F(ServiceTest, AnEmptyBatchIsEmpty) {
  v1::BatchCompileTrampolinesResponse response;
  EXPECT_TRUE(Batch(v1::BatchCompileTrampolinesRequest(), &response).ok());
  EXPECT_EQ(response.items_size(), 0);
}

TEST_F(ServiceTest, RequestsAndProductTogetherAreAmbiguous) {
  v1::BatchCompileTrampolinesRequest request;
  *request.add_requests() = Request("u8(u8)", Target::kX64SystemV);
  request.mutable_product();
  v1::BatchCompileTrampolinesResponse response;
  const absl::Status status = Batch(request, &response);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetErrorDetails(status)->reason, "AMBIGUOUS_BATCH");
}

TEST_F(ServiceTest, LimitsAreEnforcedAndReported) {
  Start({"--max_parameters=2", "--max_batch_items=3", "--max_message_bytes=2000"});
  v1::CompileTrampolineResponse response;
  EXPECT_EQ(Compile(Request("u8(u8,u8,u8)", Target::kX64SystemV), &response).message(),
            "at most 2 parameters; got 3");

  v1::BatchCompileTrampolinesRequest batch;
  for (int i = 0; i < 4; ++i) *batch.add_requests() = Request("u8(u8)", Target::kX64SystemV);
  v1::BatchCompileTrampolinesResponse batch_response;
  absl::Status status = Batch(batch, &batch_response);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(status.message(), "at most 3 items in a batch; got 4");
  EXPECT_EQ(GetErrorDetails(status)->reason, "BATCH_TOO_LARGE");

  batch.clear_requests();
  for (int i = 0; i < 2; ++i) *batch.mutable_product()->add_signatures() = v1::Signature();
  for (int i = 0; i < 2; ++i) batch.mutable_product()->add_targets(v1::TARGET_X86_64_SYSV);
  EXPECT_EQ(Batch(batch, &batch_response).message(), "at most 3 items in a batch; got 4");

  batch.Clear();
  for (int i = 0; i < 300; ++i) *batch.add_requests() = Request("u8(u8)", Target::kX64SystemV);
  status = Batch(batch, &batch_response);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_NE(std::string(status.message()).find("2000"), std::string::npos) << status;

  ASSERT_TRUE(Compile(Request("u8(u8,u8)", Target::kX64SystemV), &response).ok())
      << "the server must live on";
}

TEST_F(ServiceTest, ADeadlineInThePastIsExceeded) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() - std::chrono::seconds(1));
  v1::CompileTrampolineResponse response;
  const grpc::Status status =
      stub_->CompileTrampoline(&context, Request("u8(u8)", Target::kX64SystemV), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
}

}  // namespace
}  // namespace springboard
