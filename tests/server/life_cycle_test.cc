// How a server is started by a service manager, told to read its keys and limits again, and told
// of.

#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/source/remote_source.h"
#include "compiler/error_details.h"
#include "springboard/v1/trampoline_compiler.grpc.pb.h"
#include "tests/support/files.h"
#include "tests/support/http_get.h"
#include "tests/support/server_program.h"
#include "tests/support/subprocess.h"
#include "tests/support/unique_name.h"

namespace springboard {
namespace {

using testing::HasSubstr;

constexpr std::chrono::milliseconds kPause(10);
constexpr int kPauses = 500;

// Whether it becomes true soon.
template <typename Condition>
bool Becomes(const Condition& is_true) {
  for (int i = 0; i < kPauses; ++i) {
    if (is_true()) return true;
    std::this_thread::sleep_for(kPause);
  }
  return false;
}

uint32_t MaxBatchItems(const std::string& address) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  v1::Capabilities capabilities;
  v1::TrampolineCompiler::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()))
      ->GetCapabilities(&context, v1::GetCapabilitiesRequest(), &capabilities);
  return capabilities.limits().max_batch_items();
}

class ReloadTest : public testing::Test {
 protected:
  void Configure(const std::string& text) const {
    EXPECT_TRUE(WriteFile(folder_.File("server.toml"), text));
  }

  void Start(std::vector<std::string> flags = {}, const std::string& address = "") {
    flags.insert(flags.end(), {"--config=" + folder_.File("server.toml"),
                               "--http_listen=127.0.0.1:0", "--log_calls_per_second=0"});
    server_ = std::make_unique<ServerProgram>(flags, address, folder_.File("log"));
  }

  // Until the server has done it; false if it did not with this result.
  bool Reload(const std::string& result) {
    const std::string line = absl::StrCat("springboard_reloads_total{result=\"", result, "\"} ");
    const auto count = [&] {
      const std::string body = HttpGet(server_->http_address(), "/metrics").body;
      const size_t at = body.find(line);
      return at == std::string::npos ? -1 : std::stoi(body.substr(at + line.size()));
    };
    const int before = count();
    kill(server_->pid(), SIGHUP);
    return Becomes([&] { return count() == before + 1; });
  }

  std::string Log() const { return ReadFile(folder_.File("log")); }

  const TemporaryFolder folder_;
  std::unique_ptr<ServerProgram> server_;
};

TEST(StartTest, OneThatFailsLateLeavesNoSocketBehind) {
  const std::string path = "/tmp/" + UniqueName();
  const ServerProgram other({"--http_listen=127.0.0.1:0"});
  const ProcessResult result = RunProgram(
      {ServerProgram::kPath, "--listen=unix:" + path, "--http_listen=" + other.http_address()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("cannot listen on " + other.http_address() + " for HTTP"));
  EXPECT_NE(access(path.c_str(), F_OK), 0);
}

TEST_F(ReloadTest, LimitsAreReadAgain) {
  Configure("max_batch_items = 5\n");
  Start();
  EXPECT_EQ(MaxBatchItems(server_->address()), 5u);
  Configure("max_batch_items = 6\nmax_calls = 3\nlog_level = \"warning\"\n");
  ASSERT_TRUE(Reload("ok"));
  EXPECT_EQ(MaxBatchItems(server_->address()), 6u);
  EXPECT_THAT(HttpGet(server_->http_address(), "/metrics").body,
              HasSubstr("springboard_limit{limit=\"max_calls\"} 3\n"));
}

TEST_F(ReloadTest, WhatIsWrongChangesNothing) {
  Configure("max_batch_items = 5\n");
  Start();
  Configure("max_batch_items = 0\n");
  ASSERT_TRUE(Reload("error"));
  EXPECT_EQ(MaxBatchItems(server_->address()), 5u);
  Configure("max_batch_items = 6\nsigning_key = \"/nonexistent\"\n");
  ASSERT_TRUE(Reload("error"));
  EXPECT_EQ(MaxBatchItems(server_->address()), 5u) << "all or nothing";
  EXPECT_TRUE(Becomes([&] { return absl::StrContains(Log(), "/nonexistent"); })) << Log();
  EXPECT_THAT(Log(), HasSubstr("error cannot reload; all is as before"));
}

// A confined process cannot look names up: those that it had are known, and others are errors.
TEST_F(ReloadTest, NamesOfUsersAreThoseOfTheStart) {
  Configure("allow_user = [\"root\"]\n");
  Start();
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(Reload("ok")) << i;
  Configure("allow_user = [\"daemon\"]\n");
  ASSERT_TRUE(Reload("error"));
  Configure("allow_user = [\"root\"]\n");
  ASSERT_TRUE(Reload("ok"));
}

TEST_F(ReloadTest, WhatNeedsARestartIsToldOf) {
  Configure("max_batch_items = 5\n");
  Start();
  Configure("max_batch_items = 5\nkeepalive_seconds = 7\n");
  ASSERT_TRUE(Reload("ok"));
  EXPECT_TRUE(Becomes([&] { return absl::StrContains(Log(), "keepalive_seconds: 60, now 7"); }))
      << Log();
}

void MakeSigningKey(const std::string& path) {
  ASSERT_EQ(
      RunProgram({"/usr/bin/openssl", "genpkey", "-algorithm", "ed25519", "-out", path}).exit_code,
      0);
  ASSERT_EQ(RunProgram({"/usr/bin/openssl", "pkey", "-pubout", "-in", path, "-out", path + ".pub"})
                .exit_code,
            0);
}

TEST_F(ReloadTest, TheSigningKeyIsReadAgain) {
  const std::string key = folder_.File("key");
  MakeSigningKey(key);
  MakeSigningKey(folder_.File("next"));
  Configure(absl::StrCat("signing_key = \"", key, "\"\n"));
  Start();
  const auto compiles_with = [&](const std::string& public_key) {
    ClientSecurity security;
    security.signing_keys = public_key;
    const auto source = RemoteSource::Create(server_->address(), security);
    const CompileRequest request = {*Signature::Parse("u8(u8)"), Target::kX64SystemV};
    return source.ok() && (*source)->Compile(request, absl::Now() + absl::Seconds(10)).ok();
  };
  EXPECT_TRUE(compiles_with(key + ".pub"));
  ASSERT_EQ(rename(folder_.File("next").c_str(), key.c_str()), 0);
  ASSERT_TRUE(Reload("ok"));
  EXPECT_FALSE(compiles_with(key + ".pub")) << "that is the old one's";
  EXPECT_TRUE(compiles_with(folder_.File("next.pub")));
}

TEST_F(ReloadTest, WhoMayCallIsReadAgain) {
  const std::string pem = folder_.File("server.pem");
  ASSERT_EQ(RunProgram({"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=x",
                        "-addext", "subjectAltName=DNS:localhost", "-keyout", pem, "-out",
                        folder_.File("certificate")})
                .exit_code,
            0);
  ASSERT_TRUE(WriteFile(pem, ReadFile(pem) + ReadFile(folder_.File("certificate"))));
  ASSERT_TRUE(WriteFile(folder_.File("policy"), "/* token\n"));
  Configure("");
  Start({"--tls_certificate=" + pem, "--access_policy=" + folder_.File("policy")}, "127.0.0.1:0");
  const auto code = [&] {
    ClientSecurity security;
    security.tls.authorities = folder_.File("certificate");
    security.server_name = "localhost";
    const auto source = RemoteSource::Create(server_->address(), security);
    const CompileRequest request = {*Signature::Parse("u8(u8)"), Target::kX64SystemV};
    return (*source)->Compile(request, absl::Now() + absl::Seconds(10)).status().code();
  };
  EXPECT_EQ(code(), absl::StatusCode::kUnauthenticated);
  ASSERT_TRUE(WriteFile(folder_.File("policy"), "/* anyone\n"));
  ASSERT_TRUE(Reload("ok"));
  EXPECT_EQ(code(), absl::StatusCode::kOk);
  ASSERT_TRUE(WriteFile(folder_.File("policy"), "nonsense\n"));
  ASSERT_TRUE(Reload("error"));
  EXPECT_EQ(code(), absl::StatusCode::kOk) << "the policy is as before";
  const std::string metrics = HttpGet(server_->http_address(), "/metrics").body;
  EXPECT_THAT(metrics, HasSubstr("springboard_calls_total{code=\"UNAUTHENTICATED\","
                                 "method=\"CompileTrampoline\",target=\"\"} 1"));
  const size_t end = metrics.find("\nspringboard_tls_certificate_not_after_timestamp_seconds ");
  ASSERT_NE(end, std::string::npos);
  const double not_after = std::stod(metrics.substr(metrics.find(' ', end + 1)));
  EXPECT_NEAR(not_after, static_cast<double>(time(nullptr)) + 30 * 86400, 3600);
}

// What a service manager is told.
class NotifySocket {
 public:
  NotifySocket() : path_("/tmp/" + UniqueName()), fd_(socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
    const timeval timeout = {10, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  }
  ~NotifySocket() {
    close(fd_);
    unlink(path_.c_str());
  }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  const std::string& path() const { return path_; }

  // Empty after 10 s without one.
  std::string Next() const {
    std::array<char, 1024> message = {};
    const ssize_t size = recv(fd_, message.data(), message.size(), 0);
    return size > 0 ? std::string(message.data(), static_cast<size_t>(size)) : "";
  }

 private:
  const std::string path_;
  const int fd_;
};

TEST(ServiceManagerTest, IsToldOfEachState) {
  const NotifySocket socket;
  RunningProgram server({"/usr/bin/env", "NOTIFY_SOCKET=" + socket.path(), ServerProgram::kPath,
                         "--listen=127.0.0.1:0", "--log_level=warning"});
  const std::string line = server.ReadLine();
  EXPECT_EQ(socket.Next(), "READY=1\nSTATUS=" + line);
  kill(server.pid(), SIGHUP);
  EXPECT_THAT(socket.Next(), testing::MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+"));
  EXPECT_EQ(socket.Next(), "READY=1\nSTATUS=" + line);
  kill(server.pid(), SIGTERM);
  EXPECT_EQ(socket.Next(), "STOPPING=1\nSTATUS=draining");
  EXPECT_EQ(server.Wait(), 0);
}

TEST(ServiceManagerTest, ASocketThatIsNotThereIsAnError) {
  const ProcessResult result = RunProgram({"/usr/bin/env", "NOTIFY_SOCKET=/nonexistent/notify",
                                           ServerProgram::kPath, "--listen=127.0.0.1:0"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("cannot tell the service manager at /nonexistent/notify"));
}

// systemd's own tool opens the sockets and starts the server when somebody connects.
TEST(ServiceManagerTest, SocketsThatItOpenedAreTaken) {
  const std::string path = "/tmp/" + UniqueName();
  RunningProgram server({"/usr/bin/systemd-socket-activate", "-l", path, "-l", path + ".2",
                         ServerProgram::kPath, "--log_level=warning"});
  ASSERT_TRUE(Becomes([&] { return access(path.c_str(), F_OK) == 0; }));
  EXPECT_EQ(MaxBatchItems("unix:" + path), 10000u);
  EXPECT_EQ(server.ReadLine(), absl::StrCat("listening on unix:", path, " unix:", path, ".2"));
  kill(server.pid(), SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
  EXPECT_EQ(access(path.c_str(), F_OK), 0) << "the socket is of whoever opened it";
  unlink(path.c_str());
  unlink((path + ".2").c_str());
}

TEST(ServiceManagerTest, DescriptorsThatAreNoSocketsAreErrors) {
  const auto run = [](const std::string& script) {
    return RunProgram({"/bin/sh", "-c", script + " exec " + ServerProgram::kPath});
  };
  const ProcessResult file = run("exec 3</dev/null; export LISTEN_PID=$$ LISTEN_FDS=1;");
  EXPECT_EQ(file.exit_code, 1);
  EXPECT_THAT(file.err, HasSubstr("descriptor 3 is no socket that listens"));
  const ProcessResult text = run("export LISTEN_PID=$$ LISTEN_FDS=x;");
  EXPECT_EQ(text.exit_code, 1);
  EXPECT_THAT(text.err, HasSubstr("LISTEN_PID and LISTEN_FDS are numbers"));
}

}  // namespace
}  // namespace springboard
