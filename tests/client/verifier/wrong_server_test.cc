// Servers that answer with code that they should not: nothing of it is ever mapped.

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "client/arena/code_arena.h"
#include "client/code_check.h"
#include "client/host_target.h"
#include "client/in_process/in_process_source.h"
#include "client/log.h"
#include "client/remote/remote_source.h"
#include "client/statistics.h"
#include "client/trampoline_source.h"
#include "client/verified_source.h"
#include "compiler/compile.h"
#include "compiler/error_details.h"
#include "proto/conversion.h"
#include "springboard/v1/trampoline_compiler.grpc.pb.h"
#include "tests/conformance/emulator.h"
#include "tests/conformance/mutation/fault.h"
#include "tests/support/unique_name.h"

namespace springboard {
namespace {

using Answer = std::function<void(v1::Trampoline&)>;

Trampoline CompileHere(const std::string& signature) {
  return *Compile({*Signature::Parse(signature), *HostTarget()});
}

// Answers every request with a right trampoline that was changed.
class WrongServer final : public v1::TrampolineCompiler::Service {
 public:
  explicit WrongServer(Answer change)
      : change_(std::move(change)), address_("unix-abstract:" + UniqueName()) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address_, grpc::InsecureServerCredentials());
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~WrongServer() override { server_->Shutdown(absl::ToChronoTime(absl::Now())); }

  const std::string& address() const { return address_; }

  grpc::Status CompileTrampoline(grpc::ServerContext* /*context*/,
                                 const v1::CompileTrampolineRequest* request,
                                 v1::CompileTrampolineResponse* response) override {
    const absl::StatusOr<CompileRequest> wanted = FromProto(*request, Signature::kMaxParameters);
    if (!wanted.ok()) return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "");
    ToProto(*Compile(*wanted), wanted->signature, response->mutable_trampoline());
    change_(*response->mutable_trampoline());
    return grpc::Status::OK;
  }

 private:
  const Answer change_;
  const std::string address_;
  std::unique_ptr<grpc::Server> server_;
};

absl::Time Soon() { return absl::Now() + absl::Seconds(10); }

void Callee() { FAIL() << "wrong code was run"; }

const void* const kCallee = reinterpret_cast<const void*>(&Callee);

// What the client says to a trampoline from such a server.
absl::Status Link(const std::string& signature, const Answer& change) {
  const WrongServer server(change);
  RemoteSource source(server.address());
  const Signature parsed = *Signature::Parse(signature);
  const absl::StatusOr<Trampoline> trampoline = source.Compile({parsed, *HostTarget()}, Soon());
  if (!trampoline.ok()) return trampoline.status();
  return CodeArena::Create()->Link(parsed, *trampoline, kCallee).status();
}

void SetCode(const Trampoline& from, v1::Trampoline& message) {
  message.set_code(from.code.data(), from.code.size());
  message.mutable_relocation()->set_callee_offset(from.relocation.callee_offset_bytes);
}

void ExpectRejected(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_TRUE(GetRejection(status).has_value()) << status;
  const std::optional<ErrorDetails> details = GetErrorDetails(status);
  ASSERT_TRUE(details.has_value());
  EXPECT_EQ(details->reason, "CODE_REJECTED");
  EXPECT_EQ(details->field, "code");
}

TEST(WrongServerTest, AnUnchangedAnswerIsAccepted) {
  EXPECT_EQ(Link("u64(u8,i16,buffer)", [](v1::Trampoline&) {}), absl::OkStatus());
}

TEST(WrongServerTest, CodeOfAnotherSignature) {
  const std::vector<std::pair<std::string, std::string>> asked_and_served = {
      {"u8(u8)", "u16(u16)"},
      {"i8(i8)", "u8(u8)"},
      {"void(u8,i16)", "void(i16,u8)"},
      {"u64(u64)", "u64(u64,u64)"},
      {"void(buffer)", "void(pointer)"},
      {"void(pointer)", "void(buffer)"},
      {"u64()", "void()"},
      {"u8()", "bool()"},
  };
  for (const auto& [asked, served] : asked_and_served) {
    SCOPED_TRACE(asked + " " + served);
    const Trampoline other = CompileHere(served);
    ExpectRejected(Link(asked, [&](v1::Trampoline& message) { SetCode(other, message); }));
  }
}

TEST(WrongServerTest, CodeOfAnotherTarget) {
  for (const TargetInfo& row : AllTargets()) {
    if (row.target == *HostTarget()) continue;
    SCOPED_TRACE(row.name);
    const Trampoline other = *Compile({*Signature::Parse("u64(u8,i16,buffer)"), row.target});
    ExpectRejected(
        Link("u64(u8,i16,buffer)", [&](v1::Trampoline& message) { SetCode(other, message); }));
    // One that says so is refused before its code is looked at.
    EXPECT_FALSE(Link("u64(u8,i16,buffer)", [&](v1::Trampoline& message) {
                   ToProto(other, *Signature::Parse("u64(u8,i16,buffer)"), &message);
                 }).ok());
  }
}

// Every fault that the conformance suite knows, the receiver left visible among them.
TEST(WrongServerTest, CodeOfAFaultyCompiler) {
  // Long enough that every fault shows.
  const std::string signature =
      "i16(buffer,i8,u8,f32,u64,u64,u64,u64,f64,f64,f64,f64,f64,f64,f64,f64,u16,i8,u64)";
  const std::vector<std::string> signatures = {signature, "u64" + signature.substr(3),
                                               "void" + signature.substr(3), "void(f64)"};
  Emulator emulator(*HostTarget());
  for (const Fault& fault : Faults()) {
    bool applies = false;
    for (const Target target : fault.targets) applies = applies || target == *HostTarget();
    if (!applies) continue;
    SCOPED_TRACE(fault.name);
    int rejected = 0;
    for (const std::string& asked : signatures) {
      const CompileRequest request = {*Signature::Parse(asked), *HostTarget()};
      const absl::StatusOr<EmittedCode> faulty = CompileWith(fault, request);
      const Trampoline right = *Compile(request);
      if (!faulty.ok() || (faulty->code == right.code &&
                           faulty->callee_offset_bytes == right.relocation.callee_offset_bytes)) {
        continue;
      }
      const absl::Status status = Link(asked, [&](v1::Trampoline& message) {
        message.set_code(faulty->code.data(), faulty->code.size());
        message.mutable_relocation()->set_callee_offset(faulty->callee_offset_bytes);
      });
      if (status.ok()) {
        // Other code than the compiler's, but right by chance.
        EXPECT_EQ(emulator.Run(request.signature, {faulty->code.begin(), faulty->code.end()},
                               faulty->callee_offset_bytes),
                  "")
            << asked;
        continue;
      }
      ExpectRejected(status);
      ++rejected;
    }
    EXPECT_GT(rejected, 0);
  }
}

TEST(WrongServerTest, ACalleesOffsetNearby) {
  for (const int by : {-8, -4, -2, -1, 1, 2}) {
    SCOPED_TRACE(by);
    ExpectRejected(Link("u64(u8,i16,buffer)", [&](v1::Trampoline& message) {
      v1::Relocation& relocation = *message.mutable_relocation();
      relocation.set_callee_offset(relocation.callee_offset() + static_cast<uint32_t>(by));
    }));
  }
}

TEST(WrongServerTest, TrailingCode) {
  for (const char* tail : {"\x90", "\xC3", "\xCC\xCC\xCC\xCC"}) {
    ExpectRejected(Link("u64(u8,i16,buffer)",
                        [&](v1::Trampoline& message) { message.mutable_code()->append(tail); }));
  }
}

TEST(WrongServerTest, AWrongAlignment) {
  for (const uint32_t alignment : {0u, 3u, 8192u}) {
    EXPECT_FALSE(
        Link("u8(u8)", [&](v1::Trampoline& message) { message.set_alignment(alignment); }).ok())
        << alignment;
  }
}

TEST(WrongServerTest, RandomBytes) {
  std::mt19937 random(1);
  const WrongServer server([&](v1::Trampoline& message) {
    std::string code(8 + random() % 200, '\0');
    for (char& byte : code) byte = static_cast<char>(random());
    const auto offset = static_cast<uint32_t>(random() % (code.size() - 7));
    code.replace(offset, 8, 8, '\0');
    message.set_code(code);
    message.mutable_relocation()->set_callee_offset(offset);
  });
  RemoteSource source(server.address());
  const Signature signature = *Signature::Parse("u64(u8,i16,buffer)");
  for (int i = 0; i < 300; ++i) {
    const absl::StatusOr<Trampoline> trampoline =
        source.Compile({signature, *HostTarget()}, Soon());
    ASSERT_TRUE(trampoline.ok()) << trampoline.status();
    ExpectRejected(CodeArena::Create()->Link(signature, *trampoline, kCallee).status());
  }
}

class VerifiedSourceTest : public testing::Test {
 protected:
  VerifiedSourceTest()
      : server_([](v1::Trampoline& message) { message.mutable_code()->append("\x90"); }),
        remote_(server_.address()) {
    SetClientLogSink([this](absl::string_view line) { log_.emplace_back(line); });
  }
  ~VerifiedSourceTest() override {
    SetClientLogSink([](absl::string_view) {});
  }

  const CompileRequest request_ = {*Signature::Parse("u8(u8)"), *HostTarget()};
  WrongServer server_;
  RemoteSource remote_;
  std::vector<std::string> log_;
};

TEST_F(VerifiedSourceTest, ARejectionIsAnError) {
  const ClientStatistics before = GetClientStatistics();
  VerifiedSource source(&remote_);
  ExpectRejected(source.Compile(request_, Soon()).status());
  EXPECT_EQ(GetClientStatistics().rejected, before.rejected + 1);
  EXPECT_EQ(GetClientStatistics().fallbacks, before.fallbacks);
}

TEST_F(VerifiedSourceTest, TheFallbackCompilesWhatIsRejected) {
  const ClientStatistics before = GetClientStatistics();
  InProcessSource here;
  VerifiedSource source(&remote_, &here);
  const absl::StatusOr<Trampoline> trampoline = source.Compile(request_, Soon());
  ASSERT_TRUE(trampoline.ok()) << trampoline.status();
  EXPECT_EQ(*trampoline, *Compile(request_));
  EXPECT_EQ(GetClientStatistics().rejected, before.rejected + 1);
  EXPECT_EQ(GetClientStatistics().fallbacks, before.fallbacks + 1);
  EXPECT_EQ(GetClientStatistics().verified, before.verified + 1);
  ASSERT_EQ(log_.size(), 1u);
  EXPECT_NE(log_[0].find("UNACCOUNTED_BYTES"), std::string::npos) << log_[0];
}

TEST_F(VerifiedSourceTest, AFallbackThatIsNoBetterIsAnErrorToo) {
  VerifiedSource source(&remote_, &remote_);
  ExpectRejected(source.Compile(request_, Soon()).status());
}

// Compiles rightly, but for a target of its own choice.
class StubbornSource final : public TrampolineSource {
 public:
  absl::StatusOr<Trampoline> Compile(const CompileRequest& request,
                                     absl::Time /*deadline*/) override {
    const bool is_linux = request.target == Target::kA64Linux;
    return springboard::Compile(
        {request.signature, is_linux ? Target::kX64SystemV : Target::kA64Linux});
  }
  std::vector<absl::StatusOr<Trampoline>> CompileMany(absl::Span<const CompileRequest> requests,
                                                      absl::Time deadline) override {
    std::vector<absl::StatusOr<Trampoline>> results;
    for (const CompileRequest& request : requests) results.push_back(Compile(request, deadline));
    return results;
  }
  absl::StatusOr<Capabilities> GetCapabilities(absl::Time /*deadline*/) override {
    return Capabilities();
  }
};

TEST_F(VerifiedSourceTest, CodeThatIsProvenForAnotherTargetIsAnError) {
  StubbornSource stubborn;
  VerifiedSource source(&stubborn);
  for (const absl::StatusOr<Trampoline>& trampoline :
       {source.Compile(request_, Soon()), source.CompileMany({request_}, Soon()).front()}) {
    ASSERT_FALSE(trampoline.ok());
    EXPECT_EQ(GetErrorDetails(trampoline.status())->reason, "WRONG_TARGET");
  }
}

TEST_F(VerifiedSourceTest, VerificationIsTurnedOffExplicitlyAndInTheLog) {
  const ClientStatistics before = GetClientStatistics();
  const absl::StatusOr<Trampoline> trampoline = remote_.Compile(request_, Soon());
  ASSERT_TRUE(trampoline.ok()) << trampoline.status();
  EXPECT_FALSE(CodeArena::Create()->Link(request_.signature, *trampoline, kCallee).ok());
  CodeArenaOptions options;
  options.verification = Verification::kOff;
  EXPECT_TRUE(CodeArena::Create(options)->Link(request_.signature, *trampoline, kCallee).ok());
  EXPECT_EQ(GetClientStatistics().unverified, before.unverified + 1);
  ASSERT_EQ(log_.size(), 1u);
  EXPECT_NE(log_[0].find("verification is off"), std::string::npos) << log_[0];
}

}  // namespace
}  // namespace springboard
