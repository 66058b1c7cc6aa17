// What an operator sees of a server that runs: metrics, health over HTTP, and its log.

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/byte_buffer.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "proto/conversion.h"
#include "server/line_sampler.h"
#include "server/request_id.h"
#include "springboard/v1/trampoline_compiler.grpc.pb.h"
#include "tests/support/files.h"
#include "tests/support/http_get.h"
#include "tests/support/server_program.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

using testing::HasSubstr;

// "name{labels}" and its value.
std::map<std::string, double> ParseMetrics(const std::string& text) {
  std::map<std::string, double> metrics;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    if (line[0] == '#') continue;
    const size_t space = line.rfind(' ');
    double value = 0;
    EXPECT_TRUE(absl::SimpleAtod(line.substr(space + 1), &value)) << line;
    metrics[std::string(line.substr(0, space))] = value;
  }
  return metrics;
}

// A server with HTTP and a log, and a client of it.
class ObservationTest : public testing::Test {
 protected:
  void Start(std::vector<std::string> flags = {}) {
    flags.emplace_back("--http_listen=127.0.0.1:0");
    server_ = std::make_unique<ServerProgram>(flags, "", folder_.File("log"));
    channel_ = grpc::CreateChannel(server_->address(), grpc::InsecureChannelCredentials());
    stub_ = v1::TrampolineCompiler::NewStub(channel_);
  }

  // Returns what the answer's metadata says that the request is called.
  std::string Compile(const std::string& signature, Target target, const std::string& id = "",
                      bool is_good = true) {
    v1::CompileTrampolineRequest request =
        ToProto(CompileRequest{*Signature::Parse("u8(u8)"), target});
    if (signature.empty()) request.mutable_signature()->add_parameters(v1::NATIVE_TYPE_VOID);
    grpc::ClientContext context;
    if (!id.empty()) context.AddMetadata("x-request-id", id);
    v1::CompileTrampolineResponse response;
    EXPECT_EQ(stub_->CompileTrampoline(&context, request, &response).ok(), is_good);
    const auto& metadata = context.GetServerTrailingMetadata();
    const auto found = metadata.find("x-request-id");
    return found == metadata.end() ? "" : std::string(found->second.data(), found->second.size());
  }

  grpc::Status Batch(const v1::BatchCompileTrampolinesRequest& request) {
    grpc::ClientContext context;
    v1::BatchCompileTrampolinesResponse response;
    return stub_->BatchCompileTrampolines(&context, request, &response);
  }

  std::map<std::string, double> Metrics() {
    return ParseMetrics(GetMetrics(server_->http_address()).body);
  }

  // Stops the server, so that all has been written.
  std::vector<std::string> Log() {
    stub_.reset();
    channel_.reset();
    server_.reset();
    return absl::StrSplit(ReadFile(folder_.File("log")), '\n', absl::SkipEmpty());
  }

  // The log's objects for calls, in any order: a call may be told after one that came later.
  std::vector<nlohmann::json> LoggedCalls() {
    std::vector<nlohmann::json> calls;
    for (const std::string& line : Log()) {
      nlohmann::json object = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
      EXPECT_TRUE(object.is_object()) << "every line of a JSON log is an object: " << line;
      if (object.value("message", "") == "call") calls.push_back(std::move(object));
    }
    return calls;
  }

  const TemporaryFolder folder_;
  std::unique_ptr<ServerProgram> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::TrampolineCompiler::Stub> stub_;
};

TEST_F(ObservationTest, CallsAreCountedByMethodCodeAndTarget) {
  Start();
  for (int i = 0; i < 3; ++i) Compile("u8(u8)", Target::kX64SystemV);
  Compile("u8(u8)", Target::kA64Apple);
  Compile("", Target::kX64SystemV, "", /*is_good=*/false);
  const std::map<std::string, double> metrics = Metrics();
  const auto calls = [&](const char* code, const char* target) {
    return metrics.at(absl::StrCat("springboard_calls_total{code=\"", code,
                                   "\",method=\"CompileTrampoline\",target=\"", target, "\"}"));
  };
  EXPECT_EQ(calls("OK", "x86_64-sysv"), 3);
  EXPECT_EQ(calls("OK", "aarch64-apple"), 1);
  EXPECT_EQ(calls("INVALID_ARGUMENT", "x86_64-sysv"), 1);
  EXPECT_EQ(metrics.at("springboard_rejected_total{reason=\"VOID_PARAMETER\"}"), 1);
  EXPECT_EQ(metrics.at("springboard_trampolines_total{target=\"x86_64-sysv\"}"), 3);
  EXPECT_EQ(metrics.at("springboard_call_duration_seconds_count{code=\"OK\","
                       "method=\"CompileTrampoline\",target=\"x86_64-sysv\"}"),
            3);
  EXPECT_EQ(metrics.at("springboard_compile_duration_seconds_count{method=\"CompileTrampoline\"}"),
            5);
  EXPECT_GT(metrics.at("springboard_compile_duration_seconds_sum{method=\"CompileTrampoline\"}"),
            0);
}

TEST_F(ObservationTest, BatchesAreCountedWithTheirItems) {
  Start({"--max_batch_items=10"});
  v1::BatchCompileTrampolinesRequest batch;
  for (int i = 0; i < 4; ++i) {
    *batch.add_requests() =
        ToProto(CompileRequest{*Signature::Parse("f64(f64)"), Target::kA64Linux});
  }
  EXPECT_TRUE(Batch(batch).ok());
  batch.mutable_requests(0)->set_target(v1::TARGET_X86_64_WINDOWS);
  batch.mutable_requests(1)->mutable_signature()->set_can_callback(true);
  EXPECT_TRUE(Batch(batch).ok());
  while (batch.requests_size() <= 10) *batch.add_requests() = batch.requests(0);
  EXPECT_FALSE(Batch(batch).ok());
  const std::map<std::string, double> metrics = Metrics();
  const auto calls = [&](const char* code, const char* target) {
    return metrics.at(absl::StrCat("springboard_calls_total{code=\"", code,
                                   "\",method=\"BatchCompileTrampolines\",target=\"", target,
                                   "\"}"));
  };
  EXPECT_EQ(calls("OK", "aarch64-linux"), 1);
  EXPECT_EQ(calls("OK", "several"), 1);
  EXPECT_EQ(calls("RESOURCE_EXHAUSTED", ""), 1);
  EXPECT_EQ(metrics.at("springboard_batch_items_count"), 2) << "those that were answered";
  EXPECT_EQ(metrics.at("springboard_batch_items_sum"), 8);
  EXPECT_EQ(metrics.at("springboard_rejected_total{reason=\"CAN_CALLBACK\"}"), 1);
  EXPECT_EQ(metrics.at("springboard_rejected_total{reason=\"BATCH_TOO_LARGE\"}"), 1);
  EXPECT_EQ(metrics.at("springboard_trampolines_total{target=\"aarch64-linux\"}"), 6);
}

// Returns the code, and what the answer says that the request is called.
std::pair<grpc::StatusCode, std::string> CallUnknownMethod(
    const std::shared_ptr<grpc::Channel>& channel,
    const std::string& method = "/springboard.v2.Other/Do") {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  const grpc::ByteBuffer nothing;
  const auto call = stub.PrepareUnaryCall(&context, method, nothing, &queue);
  call->StartCall();
  grpc::ByteBuffer answer;
  grpc::Status status;
  call->Finish(&answer, &status, nullptr);
  void* tag = nullptr;
  bool is_good = false;
  EXPECT_TRUE(queue.Next(&tag, &is_good));
  const auto& metadata = context.GetServerTrailingMetadata();
  const auto id = metadata.find("x-request-id");
  return {status.error_code(),
          id == metadata.end() ? "" : std::string(id->second.data(), id->second.size())};
}

TEST_F(ObservationTest, UnknownMethodsAndConnectionsAreCounted) {
  Start();
  EXPECT_EQ(CallUnknownMethod(channel_).first, grpc::StatusCode::UNIMPLEMENTED);
  std::map<std::string, double> metrics = Metrics();
  EXPECT_EQ(
      metrics.at("springboard_calls_total{code=\"UNIMPLEMENTED\",method=\"other\",target=\"\"}"),
      1);
  EXPECT_EQ(metrics.at("springboard_connections"), 1);
  EXPECT_EQ(metrics.at("springboard_connections_accepted_total"), 1);
  stub_.reset();
  channel_.reset();
  for (int i = 0; i < 100 && metrics.at("springboard_connections") > 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    metrics = Metrics();
  }
  EXPECT_EQ(metrics.at("springboard_connections"), 0) << "gone with the client's channel";
}

TEST_F(ObservationTest, TheProcessAndItsLimitsAreShown) {
  Start({"--max_calls=17", "--max_resident_bytes=0"});
  const std::map<std::string, double> metrics = Metrics();
  EXPECT_GT(metrics.at("process_resident_memory_bytes"), 1 << 20);
  EXPECT_GT(metrics.at("process_open_fds"), 3);
  EXPECT_GT(metrics.at("process_max_fds"), metrics.at("process_open_fds"));
  EXPECT_GT(metrics.at("process_threads"), 1);
  EXPECT_GT(metrics.at("process_cpu_seconds_total"), 0);
  const auto now = static_cast<double>(time(nullptr));
  EXPECT_NEAR(metrics.at("process_start_time_seconds"), now, 60);
  EXPECT_EQ(metrics.at("springboard_limit{limit=\"max_calls\"}"), 17);
  EXPECT_EQ(metrics.count("springboard_limit{limit=\"max_resident_bytes\"}"), 0u)
      << "there is none";
  EXPECT_EQ(metrics.at("springboard_serving"), 1);
}

TEST(HealthTest, TurnsBeforeTheServerGoes) {
  RunningProgram server({ServerProgram::kPath, "--listen=127.0.0.1:0", "--drain_delay_ms=1000",
                         "--http_listen=127.0.0.1:0"});
  const std::string line = server.ReadLine();
  const std::string http = line.substr(line.rfind(' ') + 1);
  const HttpAnswer before = HttpGet(http, "/healthz");
  EXPECT_EQ(before.code, 200);
  EXPECT_EQ(before.body, "serving\n");
  kill(server.pid(), SIGTERM);
  int code = 200;
  for (int i = 0; i < 50 && code == 200; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    code = HttpGet(http, "/healthz").code;
  }
  EXPECT_EQ(code, 503);
  EXPECT_EQ(HttpGet(http, "/livez").code, 200) << "it drains, and is not to be killed for that";
  EXPECT_EQ(ParseMetrics(HttpGet(http, "/metrics").body).at("springboard_serving"), 0);
  EXPECT_EQ(server.Wait(), 0);
}

TEST_F(ObservationTest, OtherHttpIsRefused) {
  Start();
  const std::string http = server_->http_address();
  EXPECT_EQ(HttpGet(http, "/").code, 404);
  EXPECT_EQ(HttpGet(http, "/metrics/x").code, 404);
  EXPECT_EQ(HttpGet(http, "/../etc/passwd").code, 404);
  EXPECT_EQ(HttpGet(http, "/metrics", "POST").code, 405);
  EXPECT_EQ(HttpGet(http, "nonsense\r\n\r\n").code, 400);
  const HttpAnswer head = HttpGet(http, "/livez", "HEAD");
  EXPECT_EQ(head.code, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(HttpGet(http, "/livez").code, 200) << "and it goes on";
}

TEST_F(ObservationTest, EachCallIsALineOfJson) {
  Start({"--log_format=json"});
  EXPECT_EQ(Compile("u8(u8)", Target::kA64Apple, "my-request.1"), "my-request.1")
      << "the client's name comes back";
  EXPECT_EQ(Compile("u8(u8)", Target::kA64Apple), "") << "nobody asked for one";
  const std::string made = Compile("", Target::kX64SystemV, "", /*is_good=*/false);
  EXPECT_TRUE(IsRequestId(made)) << "who fails gets a name to ask about: " << made;
  const std::string hostile = Compile("u8(u8)", Target::kA64Apple, "a\"b c");
  EXPECT_EQ(hostile, "") << "what is no name is not passed on";
  std::map<std::string, nlohmann::json> calls;
  for (const nlohmann::json& call : LoggedCalls()) {
    const std::string id = call.value("request_id", "");
    EXPECT_TRUE(IsRequestId(id)) << id;
    calls[id] = call;
  }
  ASSERT_EQ(calls.size(), 4u);
  const nlohmann::json& good = calls["my-request.1"];
  EXPECT_EQ(good["method"], "/springboard.v1.TrampolineCompiler/CompileTrampoline");
  EXPECT_EQ(good["code"], "OK");
  EXPECT_EQ(good["level"], "info");
  EXPECT_EQ(good["items"], 1);
  EXPECT_EQ(good["targets"], "aarch64-apple");
  EXPECT_GT(good["response_bytes"], 20);
  EXPECT_TRUE(good["duration_us"].is_number());
  EXPECT_NE(good.value("peer", ""), "");
  EXPECT_EQ(calls[made]["code"], "INVALID_ARGUMENT");
  EXPECT_EQ(calls[made]["reason"], "VOID_PARAMETER");
}

TEST_F(ObservationTest, ACallOfNoMethodIsALineToo) {
  Start({"--log_format=json"});
  const std::string id = CallUnknownMethod(channel_).second;
  CallUnknownMethod(channel_, "/" + std::string(4000, 'x'));
  const std::vector<nlohmann::json> calls = LoggedCalls();
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[0]["request_id"], id);
  EXPECT_EQ(calls[0]["method"], "/springboard.v2.Other/Do");
  EXPECT_EQ(calls[0]["code"], "UNIMPLEMENTED");
  EXPECT_NE(calls[0].value("peer", ""), "");
  EXPECT_LT(calls[1].dump().size(), 2000u) << "what a peer makes long is cut";
}

// With what gRPC says on its own.
TEST_F(ObservationTest, EveryLineIsJson) {
  setenv("GRPC_VERBOSITY", "debug", /*overwrite=*/1);
  Start({"--log_format=json"});
  unsetenv("GRPC_VERBOSITY");
  Compile("u8(u8)", Target::kX64SystemV);
  int of_grpc = 0;
  for (const std::string& line : Log()) {
    const nlohmann::json object = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    ASSERT_TRUE(object.is_object()) << line;
    of_grpc += object.value("message", "") == "gRPC" ? 1 : 0;
  }
  EXPECT_GT(of_grpc, 0);
}

TEST_F(ObservationTest, ProbesDoNotWaitForPeersThatSayNothing) {
  Start();
  const std::string http = server_->http_address();
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(std::stoi(http.substr(http.rfind(':') + 1))));
  std::vector<int> silent;
  for (int i = 0; i < 5; ++i) {
    silent.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(connect(silent.back(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
              0);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(HttpGet(http, "/livez").code, 200);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(900));
  for (const int fd : silent) close(fd);
}

TEST_F(ObservationTest, TooMuchMemoryIsALineOfTheLog) {
  const ProcessResult result = RunProgram({ServerProgram::kPath, "--listen=127.0.0.1:0",
                                           "--max_resident_bytes=1", "--log_format=json"});
  EXPECT_EQ(result.exit_code, 3);
  const size_t at = result.err.find("{");
  bool is_told = false;
  for (const absl::string_view line : absl::StrSplit(result.err.substr(at), '\n')) {
    const nlohmann::json object = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    is_told = is_told || (object.is_object() && object.value("level", "") == "error" &&
                          absl::StrContains(object.value("message", ""), "--max_resident_bytes"));
  }
  EXPECT_TRUE(is_told) << result.err;
}

TEST_F(ObservationTest, ManyCallsAreSampled) {
  Start({"--log_format=json", "--log_calls_per_second=5"});
  constexpr uint64_t kCalls = 200;
  for (uint64_t i = 0; i < kCalls; ++i) Compile("u8(u8)", Target::kX64SystemV);
  // The next second's first line has the number of all that were left out.
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  Compile("u8(u8)", Target::kX64SystemV);
  uint64_t told = 0;
  const std::vector<nlohmann::json> calls = LoggedCalls();
  for (const nlohmann::json& call : calls) told += 1 + call.value("left_out", uint64_t{0});
  EXPECT_EQ(told, kCalls + 1) << "every call is a line or counted in one";
  EXPECT_LT(calls.size(), 60u);
}

TEST_F(ObservationTest, TextIsForPeople) {
  Start({"--log_calls_per_second=0"});
  Compile("u8(u8)", Target::kX64SystemV);
  const std::vector<std::string> lines = Log();
  ASSERT_EQ(lines.size(), 3u) << "no lines for calls";
  EXPECT_THAT(lines[0], testing::MatchesRegex("20[0-9-]+T[0-9:.]+Z info serving addresses=.*"));
  EXPECT_THAT(lines[1], HasSubstr(" info draining"));
  EXPECT_THAT(lines[2], HasSubstr(" info stopped"));
}

TEST_F(ObservationTest, AWarningIsNoInfo) {
  Start({"--log_level=warning", "--insecure"});
  Compile("u8(u8)", Target::kX64SystemV);
  const std::vector<std::string> lines = Log();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_THAT(lines[0], HasSubstr(" warning --insecure"));
}

// The other end of stderr is a pipe that nobody reads.
TEST_F(ObservationTest, NobodyWaitsForTheLog) {
  ASSERT_EQ(mkfifo(folder_.File("log").c_str(), 0600), 0);
  const int reader = open(folder_.File("log").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  Start({"--log_calls_per_second=1000000"});
  v1::BatchCompileTrampolinesRequest batch;
  // The pipe holds 64 KiB and the queue 8192 lines.
  constexpr int kCalls = 9500;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kCalls; ++i) ASSERT_TRUE(Batch(batch).ok());
  EXPECT_GT(Metrics().at("springboard_log_lines_dropped_total"), 0);
  stub_.reset();
  channel_.reset();
  server_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30)) << "nor to end";
  close(reader);
}

TEST(LineSamplerTest, CountsWhatItLeavesOut) {
  LineSampler sampler(2);
  const absl::Time second = absl::FromUnixSeconds(1000);
  EXPECT_EQ(sampler.Take(second), 0u);
  EXPECT_EQ(sampler.Take(second), 0u);
  EXPECT_EQ(sampler.Take(second), std::nullopt);
  EXPECT_EQ(sampler.Take(second + absl::Milliseconds(999)), std::nullopt);
  EXPECT_EQ(sampler.Take(second + absl::Seconds(1)), 2u);
  EXPECT_EQ(sampler.Take(second + absl::Seconds(1)), 0u);
}

TEST(RequestIdTest, IsShortAndPlain) {
  EXPECT_TRUE(IsRequestId("a"));
  EXPECT_TRUE(IsRequestId("5f2b1c7e-9d0a:Req_1/x+=."));
  EXPECT_TRUE(IsRequestId(std::string(128, 'x')));
  EXPECT_FALSE(IsRequestId(""));
  EXPECT_FALSE(IsRequestId(std::string(129, 'x')));
  EXPECT_FALSE(IsRequestId("a b"));
  EXPECT_FALSE(IsRequestId("a\n"));
  EXPECT_NE(MakeRequestId(), MakeRequestId());
}

}  // namespace
}  // namespace springboard
