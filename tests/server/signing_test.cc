// Responses that are signed: which answers a client with pinned keys takes, and which it does not.

#include "common/signing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/source/fallback_source.h"
#include "client/source/in_process_source.h"
#include "client/source/remote_source.h"
#include "client/source/source_statistics.h"
#include "compiler/error_details.h"
#include "proto/conversion.h"
#include "proto/signed_content.h"
#include "server/request_handler.h"
#include "tests/support/answered_batch.h"
#include "tests/support/server_program.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

using testing::HasSubstr;

std::string Read(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// Key pairs, as an operator makes them, in a folder of the test's own.
class Keys {
 public:
  Keys() : folder_(testing::TempDir() + "/keys_XXXXXX") {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
    Make("first");
    Make("second");
    std::ofstream(Path("both.pub")) << Read(Public("second")) << Read(Public("first"));
    std::ofstream(Path("many.pub")) << [this] {
      std::string all;
      for (size_t i = 0; i <= PinnedKeys::kMaxKeys; ++i) all += Read(Public("first"));
      return all;
    }();
    OpenSsl("genpkey -algorithm RSA -out " + Path("rsa.key"));
    OpenSsl("pkey -pubout -in " + Path("rsa.key") + " -out " + Path("rsa.pub"));
    std::ofstream(Path("empty")) << "";
  }

  std::string Path(const std::string& name) const { return absl::StrCat(folder_, "/", name); }
  std::string Private(const std::string& name) const { return Path(name + ".key"); }
  std::string Public(const std::string& name) const { return Path(name + ".pub"); }

 private:
  static void OpenSsl(const std::string& arguments) {
    const ProcessResult result = RunProgram({"/bin/sh", "-c", "openssl " + arguments});
    ASSERT_EQ(result.exit_code, 0) << arguments << "\n" << result.err;
  }

  void Make(const std::string& name) const {
    OpenSsl("genpkey -algorithm ed25519 -out " + Private(name));
    OpenSsl("pkey -pubout -in " + Private(name) + " -out " + Public(name));
  }

  std::string folder_;
};

const Keys& Files() {
  static const auto* const files = new Keys;
  return *files;
}

ClientSecurity Pinned(const std::string& name) {
  ClientSecurity security;
  security.signing_keys = Files().Public(name);
  return security;
}

CompileRequest Request(const std::string& signature) {
  return {*Signature::Parse(signature), Target::kX64SystemV};
}

std::string ReasonOf(const absl::Status& status) {
  return GetErrorDetails(status).value_or(ErrorDetails{"none", ""}).reason;
}

// One answer, and many.
std::vector<absl::Status> Ask(const std::string& address, const ClientSecurity& security) {
  const auto source = RemoteSource::Create(address, security);
  EXPECT_TRUE(source.ok()) << source.status();
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  std::vector<absl::Status> statuses = {(*source)->Compile(Request("u8(u8)"), deadline).status()};
  CompileResults many =
      (*source)->CompileLater({Request("u8(u8)"), Request("u64(buffer)")}, {deadline}).get();
  for (const auto& result : many) statuses.push_back(result.status());
  return statuses;
}

TEST(SigningTest, WhoPinsTheServersKeyTakesItsAnswers) {
  const ServerProgram server({"--signing_key=" + Files().Private("first")});
  for (const ClientSecurity& security : {Pinned("first"), Pinned("both"), ClientSecurity()}) {
    for (const absl::Status& status : Ask(server.address(), security)) {
      EXPECT_TRUE(status.ok()) << status;
    }
  }
}

TEST(SigningTest, AnswersOfOtherKeysAndOfNoneAreRefused) {
  const ServerProgram other({"--signing_key=" + Files().Private("second")});
  for (const absl::Status& status : Ask(other.address(), Pinned("first"))) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
    EXPECT_EQ(ReasonOf(status), "WRONG_RESPONSE_SIGNATURE");
    EXPECT_THAT(std::string(status.message()), HasSubstr("no pinned key has signed"));
  }
  const ServerProgram unsigned_server;
  for (const absl::Status& status : Ask(unsigned_server.address(), Pinned("first"))) {
    EXPECT_EQ(ReasonOf(status), "WRONG_RESPONSE_SIGNATURE");
    EXPECT_THAT(std::string(status.message()), HasSubstr("is not signed"));
  }
}

TEST(SigningTest, AFallbackTakesThePlaceOfAServerWithAnotherKey) {
  const ServerProgram other({"--signing_key=" + Files().Private("second")});
  const auto remote = RemoteSource::Create(other.address(), Pinned("first"));
  ASSERT_TRUE(remote.ok()) << remote.status();
  FallbackSource source(*remote, std::make_shared<InProcessSource>(), absl::Seconds(5),
                        std::make_shared<SourceStatistics>());
  const absl::StatusOr<Trampoline> trampoline =
      source.Compile(Request("u8(u8)"), absl::Now() + absl::Seconds(10));
  EXPECT_TRUE(trampoline.ok()) << trampoline.status();
}

TEST(SigningTest, KeysOfNoUseAreErrors) {
  const std::pair<std::string, const char*> wrong_private[] = {
      {"/no/such.key", "cannot read /no/such.key: No such file"},
      {Files().Path("empty"), "has no Ed25519 private key"},
      {Files().Path("rsa.key"), "has no Ed25519 private key"},
      {Files().Public("first"), "has no Ed25519 private key"}};
  for (const auto& [path, message] : wrong_private) {
    const ProcessResult result =
        RunProgram({ServerProgram::kPath, "--listen=127.0.0.1:0", "--signing_key=" + path});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_THAT(result.err, HasSubstr(path));
  }
  const std::pair<std::string, const char*> wrong_public[] = {
      {"/no/such.pub", "cannot read /no/such.pub: No such file"},
      {Files().Path("empty"), "has no Ed25519 public key"},
      {Files().Private("first"), "has no Ed25519 public key"},
      {Files().Path("rsa.pub"), "is not one of Ed25519"},
      {Files().Path("many.pub"), "more than 16 keys"}};
  for (const auto& [path, message] : wrong_public) {
    ClientSecurity security;
    security.signing_keys = path;
    const absl::Status status = RemoteSource::Create("localhost:1", security).status();
    EXPECT_EQ(ReasonOf(status), "SIGNING_KEY") << path;
    EXPECT_THAT(std::string(status.message()), HasSubstr(message));
  }
}

// Everything of a signed batch that somebody on the way may change.
class SignedBatchTest : public testing::Test {
 protected:
  SignedBatchTest()
      : handler_(RequestLimits(), *SigningKey::Read(Files().Private("first"))),
        keys_(*PinnedKeys::Read(Files().Public("first"))) {
    *request_.add_requests() = ToProto(Request("u8(u8)"));
    *request_.add_requests() = ToProto(Request("u64(buffer)"));
    *request_.add_requests() = ToProto(Request("u8(u8)"));
    request_.mutable_requests(2)->mutable_signature()->set_can_callback(true);
    Work work;
    EXPECT_TRUE(AnswerBatch(
                    handler_, request_, [] { return false; }, &response_, &work)
                    .ok());
  }

  bool IsGood(const v1::BatchCompileTrampolinesRequest& request,
              const v1::BatchCompileTrampolinesResponse& response) const {
    const std::string content = SignedContentOf(request, response);
    return !content.empty() && keys_.Verify(content, response.signature().ed25519());
  }

  const RequestHandler handler_;
  const PinnedKeys keys_;
  v1::BatchCompileTrampolinesRequest request_;
  v1::BatchCompileTrampolinesResponse response_;
};

TEST_F(SignedBatchTest, IsGoodAsItIs) {
  EXPECT_TRUE(IsGood(request_, response_));
  EXPECT_EQ(response_.signature().ed25519().size(), kSignatureBytes);
  EXPECT_EQ(response_.items(2).error().code(), 3) << "an error is signed too";
}

TEST_F(SignedBatchTest, IsThatOfAProductOfTheSameRequests) {
  v1::BatchCompileTrampolinesRequest explicit_batch;
  v1::BatchCompileTrampolinesRequest product_batch;
  auto* const product = product_batch.mutable_product();
  product->set_caller_profile(v1::CALLER_PROFILE_V8_10);
  for (const char* const signature : {"u8(u8)", "i32(f64)"}) {
    *product->add_signatures() = ToProto(Request(signature)).signature();
    for (const Target target : {Target::kX64SystemV, Target::kA64Apple}) {
      *explicit_batch.add_requests() =
          ToProto(CompileRequest{*Signature::Parse(signature), target});
    }
  }
  product->add_targets(v1::TARGET_X86_64_SYSV);
  product->add_targets(v1::TARGET_AARCH64_APPLE);
  v1::BatchCompileTrampolinesResponse response;
  Work work;
  ASSERT_TRUE(AnswerBatch(
                  handler_, product_batch, [] { return false; }, &response, &work)
                  .ok());
  EXPECT_TRUE(IsGood(product_batch, response));
  EXPECT_TRUE(IsGood(explicit_batch, response));
}

TEST_F(SignedBatchTest, NothingOfItCanBeChanged) {
  using Response = v1::BatchCompileTrampolinesResponse;
  const auto first = [](Response& response) {
    return response.mutable_items(0)->mutable_trampoline();
  };
  const std::pair<const char*, std::function<void(Response&)>> changes[] = {
      {"a byte of code", [&](Response& r) { (*first(r)->mutable_code())[0] ^= 1; }},
      {"a byte more", [&](Response& r) { first(r)->mutable_code()->push_back('\0'); }},
      {"the relocation",
       [&](Response& r) { first(r)->mutable_relocation()->set_callee_offset(1); }},
      {"its kind",
       [&](Response& r) {
         first(r)->mutable_relocation()->set_kind(v1::Relocation::KIND_UNSPECIFIED);
       }},
      {"the alignment", [&](Response& r) { first(r)->set_alignment(64); }},
      {"the target", [&](Response& r) { first(r)->set_target(v1::TARGET_AARCH64_APPLE); }},
      {"the profile",
       [&](Response& r) { first(r)->set_caller_profile(v1::CALLER_PROFILE_UNSPECIFIED); }},
      {"the types",
       [&](Response& r) {
         first(r)->mutable_fast_api()->set_arguments(1, v1::FAST_API_TYPE_FLOAT64);
       }},
      {"the result",
       [&](Response& r) { first(r)->mutable_fast_api()->set_result(v1::FAST_API_TYPE_FLOAT64); }},
      {"the frame", [&](Response& r) { first(r)->set_frame_bytes(first(r)->frame_bytes() + 8); }},
      {"the way it ends",
       [&](Response& r) { first(r)->set_is_tail_call(!first(r)->is_tail_call()); }},
      {"the codegen version", [&](Response& r) { first(r)->set_codegen_version(999); }},
      {"the order", [](Response& r) { r.mutable_items()->SwapElements(0, 1); }},
      {"one left out", [](Response& r) { r.mutable_items()->RemoveLast(); }},
      {"one more", [](Response& r) { *r.add_items() = r.items(0); }},
      {"an error's code", [](Response& r) { r.mutable_items(2)->mutable_error()->set_code(5); }},
      {"an error's message",
       [](Response& r) { r.mutable_items(2)->mutable_error()->set_message("x"); }},
      {"an error for a trampoline",
       [](Response& r) { r.mutable_items(0)->mutable_error()->set_code(5); }},
      {"a trampoline for an error", [](Response& r) { *r.mutable_items(2) = r.items(0); }},
      {"a byte of the signature",
       [](Response& r) { (*r.mutable_signature()->mutable_ed25519())[10] ^= 1; }},
      {"a shorter signature",
       [](Response& r) { r.mutable_signature()->mutable_ed25519()->pop_back(); }},
      {"no signature", [](Response& r) { r.clear_signature(); }},
  };
  for (const auto& [name, change] : changes) {
    Response changed = response_;
    change(changed);
    EXPECT_FALSE(IsGood(request_, changed)) << name;
  }
}

// An answer that was good for another request is not one for this.
TEST_F(SignedBatchTest, IsForItsRequestsAlone) {
  using Batch = v1::BatchCompileTrampolinesRequest;
  const std::pair<const char*, std::function<void(Batch&)>> others[] = {
      {"another type",
       [](Batch& b) {
         b.mutable_requests(0)->mutable_signature()->set_parameters(0, v1::NATIVE_TYPE_I8);
       }},
      {"one more",
       [](Batch& b) {
         b.mutable_requests(0)->mutable_signature()->add_parameters(v1::NATIVE_TYPE_U8);
       }},
      {"another result",
       [](Batch& b) {
         b.mutable_requests(0)->mutable_signature()->set_result(v1::NATIVE_TYPE_I8);
       }},
      {"another target",
       [](Batch& b) { b.mutable_requests(0)->set_target(v1::TARGET_X86_64_WINDOWS); }},
      {"another profile",
       [](Batch& b) { b.mutable_requests(0)->set_caller_profile(v1::CALLER_PROFILE_UNSPECIFIED); }},
      {"a callback",
       [](Batch& b) { b.mutable_requests(0)->mutable_signature()->set_can_callback(true); }},
      {"another order", [](Batch& b) { b.mutable_requests()->SwapElements(0, 1); }},
      {"one left out", [](Batch& b) { b.mutable_requests()->RemoveLast(); }},
  };
  for (const auto& [name, change] : others) {
    Batch changed = request_;
    change(changed);
    EXPECT_FALSE(IsGood(changed, response_)) << name;
  }
}

}  // namespace
}  // namespace springboard
