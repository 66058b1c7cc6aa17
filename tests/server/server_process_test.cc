// The server program itself: how it starts, refuses to start, lives through garbage, and stops.

#include <arpa/inet.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/byte_buffer.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "springboard/v1/trampoline_compiler.grpc.pb.h"
#include "tests/support/subprocess.h"
#include "tests/support/unique_name.h"

namespace springboard {
namespace {

constexpr char kServer[] = "server/springboard_server";
constexpr char kReady[] = "listening on ";

std::string SocketPath() { return absl::StrCat("/tmp/", UniqueName(), ".sock"); }

std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  return grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
}

bool Serves(const std::string& address) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  v1::Capabilities capabilities;
  return v1::TrampolineCompiler::NewStub(Connect(address))
      ->GetCapabilities(&context, v1::GetCapabilitiesRequest(), &capabilities)
      .ok();
}

int ConnectRaw(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  return connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 ? fd : -1;
}

using HealthStatus = grpc::health::v1::HealthCheckResponse;

HealthStatus::ServingStatus Health(const std::string& address, const std::string& service) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(service);
  HealthStatus response;
  grpc::health::v1::Health::NewStub(Connect(address))->Check(&context, request, &response);
  return response.status();
}

TEST(ServerProcessTest, ServesOnAUnixSocketAndStopsOnSigterm) {
  const std::string address = "unix:" + SocketPath();
  RunningProgram server({kServer, "--listen=" + address});
  EXPECT_EQ(server.ReadLine(), kReady + address);
  EXPECT_TRUE(Serves(address));
  EXPECT_EQ(Health(address, ""), HealthStatus::SERVING);
  EXPECT_EQ(Health(address, "springboard.v1.TrampolineCompiler"), HealthStatus::SERVING);
  kill(server.pid(), SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
  EXPECT_NE(access(absl::StripPrefix(address, "unix:").data(), F_OK), 0)
      << "the socket file must go with the server";
}

TEST(ServerProcessTest, StopsOnSigint) {
  RunningProgram server({kServer, "--listen=unix-abstract:" + SocketPath()});
  server.ReadLine();
  kill(server.pid(), SIGINT);
  EXPECT_EQ(server.Wait(), 0);
}

TEST(ServerProcessTest, ListensOnSeveralAddressesAndPrintsThePortItTook) {
  const std::string path = "unix:" + SocketPath();
  RunningProgram server({kServer, "--listen=" + path, "--listen=127.0.0.1:0"});
  const std::string line = server.ReadLine();
  const std::string prefix = absl::StrCat(kReady, path, " 127.0.0.1:");
  ASSERT_EQ(line.substr(0, prefix.size()), prefix);
  int port = 0;
  ASSERT_TRUE(absl::SimpleAtoi(line.substr(prefix.size()), &port));
  EXPECT_GT(port, 0);
  EXPECT_TRUE(Serves(path));
  EXPECT_TRUE(Serves(absl::StrCat("127.0.0.1:", port)));
}

TEST(ServerProcessTest, TheDefaultIsAUnixSocketOfTheUser) {
  const std::string folder = "/tmp/" + UniqueName();
  ASSERT_EQ(mkdir(folder.c_str(), 0700), 0);
  RunningProgram server({"/usr/bin/env", "XDG_RUNTIME_DIR=" + folder, kServer});
  EXPECT_EQ(server.ReadLine(), absl::StrCat(kReady, "unix:", folder, "/springboard.sock"));
  kill(server.pid(), SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
  rmdir(folder.c_str());
}

TEST(ServerProcessTest, HealthTurnsNotServingBeforeTheServerGoes) {
  const std::string address = "unix:" + SocketPath();
  RunningProgram server({kServer, "--listen=" + address, "--drain_delay_ms=1000"});
  server.ReadLine();
  ASSERT_EQ(Health(address, ""), HealthStatus::SERVING);
  kill(server.pid(), SIGTERM);
  HealthStatus::ServingStatus status = HealthStatus::SERVING;
  for (int i = 0; i < 50 && status == HealthStatus::SERVING; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    status = Health(address, "");
  }
  EXPECT_EQ(status, HealthStatus::NOT_SERVING);
  EXPECT_TRUE(Serves(address)) << "calls go on while the load balancers look away";
  EXPECT_EQ(server.Wait(), 0);
}

TEST(ServerProcessTest, RunningCallsFinishDuringTheDrain) {
  const std::string address = "unix:" + SocketPath();
  RunningProgram server({kServer, "--listen=" + address, "--max_batch_items=100000",
                         "--max_message_bytes=100000000"});
  server.ReadLine();
  v1::BatchCompileTrampolinesRequest request;
  auto* product = request.mutable_product();
  v1::Signature signature;
  signature.set_result(v1::NATIVE_TYPE_U64);
  for (int i = 0; i < 30; ++i) signature.add_parameters(v1::NATIVE_TYPE_F32);
  for (int i = 0; i < 100000; ++i) *product->add_signatures() = signature;
  product->add_targets(v1::TARGET_AARCH64_APPLE);
  product->set_caller_profile(v1::CALLER_PROFILE_V8_10);
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  auto channel = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  // Connected before, so that the call is surely on its way when the signal comes.
  ASSERT_TRUE(
      channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10)));
  auto stub = v1::TrampolineCompiler::NewStub(channel);
  grpc::ClientContext context;
  v1::BatchCompileTrampolinesResponse response;
  grpc::Status status;
  std::thread call([&] { status = stub->BatchCompileTrampolines(&context, request, &response); });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  kill(server.pid(), SIGTERM);
  call.join();
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.items_size(), 100000);
  // A blocking client reads its socket during calls only: idle, it would answer the server's
  // farewell seconds later.
  stub.reset();
  channel.reset();
  EXPECT_EQ(server.Wait(), 0);
}

// Watches, until the server ends the stream.
void WatchHealth(const std::string& address) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  const auto stub = grpc::health::v1::Health::NewStub(Connect(address));
  const auto stream = stub->Watch(&context, grpc::health::v1::HealthCheckRequest());
  HealthStatus status;
  while (stream->Read(&status)) {
  }
  stream->Finish();
}

TEST(ServerProcessTest, WatchersAndSilentPeersDoNotHoldUpTheDrain) {
  const std::string path = SocketPath();
  RunningProgram server({kServer, "--listen=unix:" + path});
  server.ReadLine();
  std::thread watcher(WatchHealth, "unix:" + path);
  const int silent = ConnectRaw(path);
  ASSERT_GE(silent, 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const auto start = std::chrono::steady_clock::now();
  kill(server.pid(), SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5))
      << "the drain must end with the last call, not with its timeout of 30 s";
  watcher.join();
  close(silent);
}

// Two callers that ask for much and leave must not keep others waiting: what they asked for is
// dropped, and until then runs on other threads.
TEST(ServerProcessTest, CancelledBatchesStopAndDoNotHoldUpOthers) {
  const std::string address = "unix:" + SocketPath();
  RunningProgram server({kServer, "--listen=" + address, "--max_batch_items=100000"});
  server.ReadLine();
  v1::BatchCompileTrampolinesRequest request;
  auto* product = request.mutable_product();
  v1::Signature* signature = product->add_signatures();
  signature->set_result(v1::NATIVE_TYPE_U64);
  for (int i = 0; i < 20; ++i) signature->add_parameters(v1::NATIVE_TYPE_F32);
  for (int i = 0; i < 100000; ++i) product->add_targets(v1::TARGET_AARCH64_APPLE);
  product->set_caller_profile(v1::CALLER_PROFILE_V8_10);
  for (int i = 0; i < 8; ++i) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(30));
    v1::BatchCompileTrampolinesResponse response;
    EXPECT_EQ(v1::TrampolineCompiler::NewStub(Connect(address))
                  ->BatchCompileTrampolines(&context, request, &response)
                  .error_code(),
              grpc::StatusCode::DEADLINE_EXCEEDED);
  }
  EXPECT_TRUE(Serves(address));
  const auto start = std::chrono::steady_clock::now();
  kill(server.pid(), SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
  // Eight whole batches would take this long each.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(ServerProcessTest, AnAddressInUseIsAnError) {
  const std::string path = "unix:" + SocketPath();
  RunningProgram server(
      {kServer, "--listen=" + path, "--listen=127.0.0.1:0", "--listen=unix-abstract:" + path});
  const std::string line = server.ReadLine();
  const std::string tcp =
      line.substr(line.find("127.0.0.1"), line.find(" unix-abstract") - line.find("127.0.0.1"));
  for (const std::string& address : {path, tcp, "unix-abstract:" + path}) {
    const ProcessResult second = RunProgram({kServer, "--listen=" + address});
    EXPECT_EQ(second.exit_code, 1);
    EXPECT_EQ(second.out, "");
    EXPECT_EQ(second.err, "springboard_server: cannot listen on " + address +
                              ": another server listens there\n");
  }
  EXPECT_TRUE(Serves(path)) << "the first server must keep its socket";
}

TEST(ServerProcessTest, OfTwoServersThatStartTogetherOneListens) {
  for (int i = 0; i < 10; ++i) {
    const std::string address = "unix:" + SocketPath();
    RunningProgram first({kServer, "--listen=" + address});
    RunningProgram second({kServer, "--listen=" + address});
    const int ready = (first.ReadLine().empty() ? 0 : 1) + (second.ReadLine().empty() ? 0 : 1);
    EXPECT_EQ(ready, 1);
    EXPECT_TRUE(Serves(address));
  }
}

TEST(ServerProcessTest, TheSameAddressTwiceIsAnError) {
  const std::string address = "unix:" + SocketPath();
  const ProcessResult result = RunProgram({kServer, "--listen=" + address, "--listen=" + address});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("each address can be listened on once"), std::string::npos)
      << result.err;
}

TEST(ServerProcessTest, ASocketFileLeftBehindIsTakenOver) {
  const std::string address = "unix:" + SocketPath();
  {
    RunningProgram killed({kServer, "--listen=" + address});
    killed.ReadLine();
    kill(killed.pid(), SIGKILL);
    EXPECT_EQ(killed.Wait(), -SIGKILL);
  }
  RunningProgram server({kServer, "--listen=" + address});
  EXPECT_EQ(server.ReadLine(), kReady + address);
  EXPECT_TRUE(Serves(address));
}

TEST(ServerProcessTest, WrongAddressesAndFlagsAreErrors) {
  const std::string file = "/tmp/" + UniqueName();
  std::ofstream(file) << "precious";
  struct Case {
    std::string flag;
    int exit_code;
    std::string message_part;
  };
  const std::vector<Case> cases = {
      {"--listen=nonsense", 1, "unix:/path, unix-abstract:name or host:port"},
      {"--listen=127.0.0.1:99999", 1,
       "a port of 0 to 65535, and an IPv6 host in brackets; got 127.0.0.1:99999"},
      {"--listen=unix:", 1, "1 to 106 bytes; got 0"},
      {"--listen=", 2, "--listen has an empty value"},
      {"--listen=unix-abstract:" + std::string(200, 'x'), 1, "1 to 106 bytes; got 200"},
      {"--listen=unix:/tmp/a%20b", 1, "has no %, # or ?"},
      {"--listen=::1:7000", 1, "an IPv6 host in brackets"},
      {"--listen=127.0.0.1:+80", 1, "a port of 0 to 65535"},
      {"--max_batch_items=100001", 2, "--max_batch_items"},
      {"operand", 2, "operand"},
      {"--listen=unix:/" + std::string(200, 'x'), 1, "1 to 106 bytes; got 201"},
      {"--listen=unix:/nonexistent/socket", 1, "No such file or directory"},
      {"--listen=unix:" + file, 1, "the file exists and is no socket"},
      {"--max_parameters=257", 2, "--max_parameters"},
      {"--no_such_flag", 2, "--no_such_flag"},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.flag);
    const ProcessResult result = RunProgram({kServer, row.flag});
    EXPECT_EQ(result.exit_code, row.exit_code);
    EXPECT_NE(result.err.find(row.message_part), std::string::npos) << result.err;
  }
  std::string kept;
  std::ifstream(file) >> kept;
  EXPECT_EQ(kept, "precious");
  unlink(file.c_str());
}

TEST(ServerProcessTest, HelpHasAnExample) {
  const ProcessResult help = RunProgram({kServer, "--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_NE(help.out.find("Example:"), std::string::npos);
  EXPECT_NE(help.out.find("--max_batch_items"), std::string::npos);
  EXPECT_EQ(RunProgram({kServer, "--version"}).exit_code, 0);
}

TEST(ServerProcessTest, LivesThroughGarbageOnTheSocket) {
  const std::string path = SocketPath();
  RunningProgram server({kServer, "--listen=unix:" + path});
  server.ReadLine();
  std::mt19937 random(1);
  const std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  for (int i = 0; i < 100; ++i) {
    std::string bytes = i % 2 == 0 ? "" : preface;
    for (int n = 0; n < 2000; ++n) bytes += static_cast<char>(random());
    if (i % 10 == 0) bytes = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    const int fd = ConnectRaw(path);
    ASSERT_GE(fd, 0) << "connection " << i;
    // The server may hang up in the middle: that is its right.
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    static_cast<void>(sent);
    close(fd);
  }
  EXPECT_TRUE(Serves("unix:" + path));
}

// A unary call with bytes of our own, to any method.
grpc::Status CallWithBytes(const std::string& address, const std::string& method,
                           const std::string& bytes, std::string* answer) {
  grpc::GenericStub stub(Connect(address));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  grpc::CompletionQueue queue;
  const grpc::Slice slice(bytes);
  const grpc::ByteBuffer request(&slice, 1);
  const auto call = stub.PrepareUnaryCall(&context, method, request, &queue);
  call->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  grpc::Slice dumped;
  if (status.ok() && response.DumpToSingleSlice(&dumped).ok()) {
    *answer = std::string(dumped.begin(), dumped.end());
  }
  return status;
}

TEST(ServerProcessTest, MessagesThatDoNotDecodeAndUnknownMethodsAreErrors) {
  const std::string address = "unix:" + SocketPath();
  RunningProgram server({kServer, "--listen=" + address});
  server.ReadLine();
  std::string answer;
  for (const char* method : {"GetCapabilities", "CompileTrampoline", "BatchCompileTrampolines"}) {
    const grpc::Status status =
        CallWithBytes(address, absl::StrCat("/springboard.v1.TrampolineCompiler/", method),
                      "\xff\xff\xff\xff", &answer);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_NE(status.error_message().find("4 bytes that do not decode"), std::string::npos);
    EXPECT_NE(status.error_details().find("MALFORMED_MESSAGE"), std::string::npos);
  }
  EXPECT_EQ(CallWithBytes(address, "/springboard.v1.TrampolineCompiler/NoSuchMethod", "", &answer)
                .error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_TRUE(Serves(address));
}

TEST(ServerProcessTest, ReflectionListsTheService) {
  const std::string address = "unix:" + SocketPath();
  RunningProgram server({kServer, "--listen=" + address});
  server.ReadLine();
  // ServerReflectionRequest{list_services: "*"}; one message on a stream is a unary call's shape.
  std::string answer;
  const grpc::Status status =
      CallWithBytes(address, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                    "\x3a\x01*", &answer);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_NE(answer.find("springboard.v1.TrampolineCompiler"), std::string::npos);
  EXPECT_NE(answer.find("grpc.health.v1.Health"), std::string::npos);
}

}  // namespace
}  // namespace springboard
