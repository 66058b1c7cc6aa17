// Servers that answer with code that they should not: nothing of it is ever mapped.

#include <gmock/gmock.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "client/arena/code_arena.h"
#include "client/code_check.h"
#include "client/host_target.h"
#include "client/log.h"
#include "client/source/fallback_source.h"
#include "client/source/in_process_source.h"
#include "client/source/remote_source.h"
#include "client/source/trampoline_source.h"
#include "client/source/verified_source.h"
#include "client/statistics.h"
#include "client/verifier/verifier.h"
#include "compiler/compile.h"
#include "compiler/error_details.h"
#include "proto/conversion.h"
#include "springboard/v1/trampoline_compiler.grpc.pb.h"
#include "tests/client/arena/memory_map.h"
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

// The lines of /proc/self/maps whose memory may be executed.
std::vector<std::string> ExecutableMappings() {
  std::vector<std::string> found;
  for (const std::string& line : MapsContaining(nullptr)) {
    std::string range;
    std::string permissions;
    std::istringstream(line) >> range >> permissions;
    if (permissions.find('x') != std::string::npos) found.push_back(line);
  }
  return found;
}

// Maps a trampoline, and looks whether anything executable is there that was not.
absl::Status LinkHere(const Signature& signature, const Trampoline& trampoline) {
  absl::StatusOr<CodeArena> arena = CodeArena::Create();
  if (!arena.ok()) return arena.status();
  const std::vector<std::string> before = ExecutableMappings();
  const auto linked = arena->Link(signature, trampoline, kCallee);
  const std::vector<std::string> after = ExecutableMappings();
  if (linked.ok()) {
    EXPECT_NE(after, before);
  } else {
    EXPECT_EQ(after, before);
  }
  return linked.status();
}

// What the client says to a trampoline from such a server.
absl::Status Link(const std::string& signature, const Answer& change) {
  const WrongServer server(change);
  RemoteSource source(server.address());
  const Signature parsed = *Signature::Parse(signature);
  const absl::StatusOr<Trampoline> trampoline = source.Compile({parsed, *HostTarget()}, Soon());
  if (!trampoline.ok()) return trampoline.status();
  return LinkHere(parsed, *trampoline);
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

// An answer that is refused before its code is looked at.
void ExpectUnusable(const absl::Status& status, const std::string& reason) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal) << status;
  EXPECT_EQ(GetRejection(status), std::nullopt);
  const std::optional<ErrorDetails> details = GetErrorDetails(status);
  ASSERT_TRUE(details.has_value()) << status;
  EXPECT_EQ(details->reason, reason);
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
    // One that says so.
    const Answer honest = [&](v1::Trampoline& message) {
      ToProto(other, *Signature::Parse("u64(u8,i16,buffer)"), &message);
    };
    ExpectUnusable(Link("u64(u8,i16,buffer)", honest), "WRONG_TARGET");
    // One that the source lets through.
    const absl::Status status = LinkHere(*Signature::Parse("u64(u8,i16,buffer)"), other);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_EQ(GetErrorDetails(status)->reason, "WRONG_TARGET");
  }
}

// Every fault that the conformance suite knows, the receiver left visible among them.
TEST(WrongServerTest, CodeOfAFaultyCompiler) {
  // Of such kinds that every fault shows.
  const std::string signature =
      "i16(buffer,i8,u8,f32,u64,u64,u64,u64,f64,f64,f64,f64,f64,f64,f64,f64,u16,i8,u64)";
  const std::vector<std::string> signatures = {
      signature, "u64" + signature.substr(3), "void" + signature.substr(3), "void(f64)",
      // With padding, nothing stacked, an out array kept.
      "i16(u64,u64,u64,u64,u64,u64,u64,u64)", "i8(i8)", "u64(u64)"};
  Emulator emulator(*HostTarget());
  for (const Fault& fault : Faults()) {
    bool applies = false;
    for (const Target target : fault.targets) applies = applies || target == *HostTarget();
    if (!applies) continue;
    SCOPED_TRACE(fault.name);
    int rejected = 0;
    for (const std::string& asked : signatures) {
      const CompileRequest request = {*Signature::Parse(asked), *HostTarget()};
      const absl::StatusOr<FaultyCode> faulty = CompileWith(fault, request);
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
    SCOPED_TRACE(alignment);
    ExpectUnusable(
        Link("u8(u8)", [&](v1::Trampoline& message) { message.set_alignment(alignment); }),
        "MALFORMED_RESPONSE");
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
    ExpectRejected(LinkHere(signature, *trampoline));
  }
}

class VerifiedSourceTest : public testing::Test {
 protected:
  VerifiedSourceTest()
      : server_([](v1::Trampoline& message) { message.mutable_code()->append("\x90"); }),
        remote_(std::make_shared<RemoteSource>(server_.address())) {
    SetClientLogSink([this](absl::string_view line) { log_.emplace_back(line); });
  }
  ~VerifiedSourceTest() override { SetClientLogSink({}); }

  // What a source gives, if it is proven.
  std::shared_ptr<TrampolineSource> Verified(std::shared_ptr<TrampolineSource> source) {
    return std::make_shared<VerifiedSource>(std::move(source), statistics_);
  }

  // The same, and what this process compiles instead of the rest.
  std::unique_ptr<TrampolineSource> WithFallback(std::shared_ptr<TrampolineSource> source) {
    return std::make_unique<FallbackSource>(Verified(std::move(source)),
                                            Verified(std::make_shared<InProcessSource>()),
                                            absl::Seconds(10), statistics_);
  }

  const CompileRequest request_ = {*Signature::Parse("u8(u8)"), *HostTarget()};
  WrongServer server_;
  const std::shared_ptr<TrampolineSource> remote_;
  const std::shared_ptr<SourceStatistics> statistics_ = std::make_shared<SourceStatistics>();
  std::vector<std::string> log_;
};

TEST_F(VerifiedSourceTest, ARejectionIsAnError) {
  const ClientStatistics before = GetClientStatistics();
  ExpectRejected(Verified(remote_)->Compile(request_, Soon()).status());
  EXPECT_EQ(GetClientStatistics().rejected, before.rejected + 1);
  EXPECT_EQ(statistics_->Get().rejected, 1u);
}

TEST_F(VerifiedSourceTest, TheFallbackCompilesWhatIsRejected) {
  const ClientStatistics before = GetClientStatistics();
  const absl::StatusOr<Trampoline> trampoline = WithFallback(remote_)->Compile(request_, Soon());
  ASSERT_TRUE(trampoline.ok()) << trampoline.status();
  EXPECT_EQ(*trampoline, *Compile(request_));
  EXPECT_EQ(GetClientStatistics().rejected, before.rejected + 1);
  EXPECT_EQ(statistics_->Get().fallbacks, 1u);
  EXPECT_EQ(GetClientStatistics().verified, before.verified + 1);
  ASSERT_EQ(log_.size(), 1u);
  EXPECT_NE(log_[0].find("UNACCOUNTED_BYTES"), std::string::npos) << log_[0];
}

TEST_F(VerifiedSourceTest, AFallbackThatIsNoBetterIsAnErrorToo) {
  FallbackSource source(Verified(remote_), Verified(remote_), absl::Seconds(10), statistics_);
  ExpectRejected(source.Compile(request_, Soon()).status());
}

struct UnusableAnswer {
  Answer change;
  std::string reason;
};

std::vector<UnusableAnswer> UnusableAnswers() {
  const bool is_linux_arm = *HostTarget() == Target::kA64Linux;
  const v1::Target other = ToProto(is_linux_arm ? Target::kX64SystemV : Target::kA64Linux);
  return {
      {[=](v1::Trampoline& message) { message.set_target(other); }, "WRONG_TARGET"},
      {[](v1::Trampoline& message) { message.set_target(static_cast<v1::Target>(99)); },
       "UNKNOWN_TARGET"},
      {[](v1::Trampoline& message) {
         message.set_caller_profile(static_cast<v1::CallerProfile>(99));
       },
       "UNKNOWN_PROFILE"},
      {[](v1::Trampoline& message) { message.set_alignment(3); }, "MALFORMED_RESPONSE"},
      {[](v1::Trampoline& message) { message.clear_code(); }, "CALLEE_OFFSET_OUT_OF_RANGE"},
      {[](v1::Trampoline& message) { message.clear_relocation(); }, "UNKNOWN_RELOCATION"},
      {[](v1::Trampoline& message) { message.Clear(); }, "UNKNOWN_RELOCATION"},
  };
}

TEST_F(VerifiedSourceTest, AnUnusableAnswerCountsAsARejectedOne) {
  for (const UnusableAnswer& answer : UnusableAnswers()) {
    SCOPED_TRACE(answer.reason);
    const WrongServer server(answer.change);
    const auto remote = std::make_shared<RemoteSource>(server.address());
    const ClientStatistics before = GetClientStatistics();
    ExpectUnusable(Verified(remote)->Compile(request_, Soon()).status(), answer.reason);
    EXPECT_EQ(GetClientStatistics().rejected, before.rejected + 1);
    EXPECT_EQ(GetClientStatistics().verified, before.verified);
  }
  EXPECT_EQ(log_.size(), UnusableAnswers().size());
}

TEST_F(VerifiedSourceTest, TheFallbackCompilesWhatIsUnusable) {
  for (const UnusableAnswer& answer : UnusableAnswers()) {
    SCOPED_TRACE(answer.reason);
    const WrongServer server(answer.change);
    const auto remote = std::make_shared<RemoteSource>(server.address());
    const ClientStatistics before = GetClientStatistics();
    log_.clear();
    const absl::StatusOr<Trampoline> trampoline = WithFallback(remote)->Compile(request_, Soon());
    ASSERT_TRUE(trampoline.ok()) << trampoline.status();
    EXPECT_EQ(*trampoline, *Compile(request_));
    EXPECT_EQ(GetClientStatistics().rejected, before.rejected + 1);
    EXPECT_EQ(GetClientStatistics().verified, before.verified + 1);
    EXPECT_EQ(log_.size(), 1u);
  }
  EXPECT_EQ(statistics_->Get().fallbacks, UnusableAnswers().size());
}

// A server that gives no answer at all has given no wrong one.
TEST_F(VerifiedSourceTest, AnErrorThatIsNoAnswerIsPassedOn) {
  const ClientStatistics before = GetClientStatistics();
  // The server has no batches.
  const auto results = Verified(remote_)->CompileMany({request_, request_}, Soon());
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(GetErrorDetails(results[0].status())->reason, "VERSION_MISMATCH");
  EXPECT_EQ(GetClientStatistics().rejected, before.rejected);
  EXPECT_TRUE(log_.empty());
}

// Compiles rightly, but for a target of its own choice.
class StubbornSource final : public TrampolineSource {
 public:
  void Start(std::vector<CompileRequest> requests, const CallOptions& /*options*/,
             CompileCallback done) override {
    CompileResults results;
    for (const CompileRequest& request : requests) {
      const bool is_linux = request.target == Target::kA64Linux;
      results.push_back(springboard::Compile(
          {request.signature, is_linux ? Target::kX64SystemV : Target::kA64Linux}));
    }
    done(std::move(results));
  }
  absl::StatusOr<Capabilities> GetCapabilities(const CallOptions& /*options*/) override {
    return Capabilities();
  }
};

TEST_F(VerifiedSourceTest, CodeThatIsProvenForAnotherTargetIsAnError) {
  const absl::StatusOr<Trampoline> trampoline =
      Verified(std::make_shared<StubbornSource>())->Compile(request_, Soon());
  ASSERT_FALSE(trampoline.ok());
  EXPECT_EQ(GetErrorDetails(trampoline.status())->reason, "WRONG_TARGET");
}

TEST_F(VerifiedSourceTest, TheFallbackCompilesEachOfABatchThatIsForAnotherTarget) {
  const ClientStatistics before = GetClientStatistics();
  const std::vector<CompileRequest> requests = {request_,
                                                {*Signature::Parse("void()"), *HostTarget()}};
  const auto results =
      WithFallback(std::make_shared<StubbornSource>())->CompileMany(requests, Soon());
  ASSERT_EQ(results.size(), requests.size());
  for (size_t i = 0; i < results.size(); ++i) {
    ASSERT_TRUE(results[i].ok()) << results[i].status();
    EXPECT_EQ(*results[i], *Compile(requests[i]));
  }
  EXPECT_EQ(GetClientStatistics().rejected, before.rejected + 2);
  EXPECT_EQ(statistics_->Get().fallbacks, 2u);
  ASSERT_EQ(log_.size(), 1u) << "a line for a batch, not for each of it";
  EXPECT_THAT(log_[0], testing::StartsWith("rejected 2 of 2 trampolines; the first: "));
}

TEST_F(VerifiedSourceTest, VerificationIsTurnedOffExplicitlyAndInTheLog) {
  const ClientStatistics before = GetClientStatistics();
  const absl::StatusOr<Trampoline> trampoline = remote_->Compile(request_, Soon());
  ASSERT_TRUE(trampoline.ok()) << trampoline.status();
  EXPECT_FALSE(CodeArena::Create()->Link(request_.signature, *trampoline, kCallee).ok());
  CodeArenaOptions options;
  options.verification = Verification::kOff;
  EXPECT_TRUE(CodeArena::Create(options)->Link(request_.signature, *trampoline, kCallee).ok());
  EXPECT_EQ(GetClientStatistics().unverified, before.unverified + 1);
  ASSERT_EQ(log_.size(), 1u);
  EXPECT_NE(log_[0].find("verification is off"), std::string::npos) << log_[0];
}

TEST(ClientLogTest, AnEmptySinkIsStderrAgain) {
  std::vector<std::string> log;
  SetClientLogSink([&](absl::string_view line) { log.emplace_back(line); });
  LogWarning("to the sink");
  SetClientLogSink({});
  testing::internal::CaptureStderr();
  LogWarning("to stderr");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "springboard: to stderr\n");
  EXPECT_EQ(log, std::vector<std::string>{"to the sink"});
}

TEST(GetRejectionTest, GivesWhatTheVerifierSaid) {
  const Signature signature = *Signature::Parse("u8(u8,u16)");
  Trampoline extended_otherwise = CompileHere("u8(u8,i16)");
  Trampoline longer = CompileHere("u8(u8,u16)");
  longer.code.push_back(0x90);
  Trampoline misaligned = CompileHere("u8(u8,u16)");
  misaligned.alignment_bytes = 3;
  for (const Trampoline& wrong : {extended_otherwise, longer, misaligned}) {
    const std::optional<Rejection> rejection =
        Verify(signature, wrong.target, wrong.profile,
               {wrong.code, wrong.relocation.callee_offset_bytes, wrong.alignment_bytes});
    ASSERT_TRUE(rejection.has_value());
    SCOPED_TRACE(*rejection);
    EXPECT_EQ(GetRejection(CheckCode(signature, wrong, Verification::kOn)), rejection);
    EXPECT_EQ(GetRejection(LinkHere(signature, wrong)), rejection);
  }
}

// A status may have come from elsewhere.
TEST(GetRejectionTest, GivesNothingForAnythingElse) {
  EXPECT_EQ(GetRejection(absl::OkStatus()), std::nullopt);
  EXPECT_EQ(GetRejection(absl::FailedPreconditionError("WRONG_ARGUMENT at byte 3")), std::nullopt);
  const auto with = [](absl::string_view payload) {
    absl::Status status = absl::FailedPreconditionError("");
    status.SetPayload("springboard.v1/rejection", absl::Cord(payload));
    return GetRejection(status);
  };
  EXPECT_EQ(with("16 7 2"), (Rejection{VerifierRule::kWrongArgument, 7, 2}));
  EXPECT_EQ(with("0 4294967295 -1"), (Rejection{VerifierRule::kUnknownTarget, 0xFFFFFFFF}));
  for (const char* garbage : {"",
                              " ",
                              "  ",
                              "16",
                              "16 7",
                              "16 7 2 1",
                              "16 7 2 ",
                              "16,7,2",
                              "x 7 2",
                              "16 x 2",
                              "16 7 x",
                              "20 7 2",
                              "4294967295 7 2",
                              "-1 7 2",
                              "16 -7 2",
                              "16 4294967296 2",
                              "16 7 2147483648",
                              "1e1 7 2",
                              "0x10 7 2",
                              "16 7 2\n\xFF\xFE"}) {
    EXPECT_EQ(with(garbage), std::nullopt) << garbage;
  }
  EXPECT_EQ(with(absl::string_view("16 7 2\0", 7)), std::nullopt);
  EXPECT_EQ(with(std::string(1 << 20, '9')), std::nullopt);
}

}  // namespace
}  // namespace springboard
