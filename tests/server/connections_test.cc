// Who may connect to the server, and how many: the program, with sockets of its own.

#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/source/remote_source.h"
#include "tests/client/chaos/server_victim.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

constexpr char kServer[] = "server/springboard_server";

std::string PathOf(const ServerVictim& server) { return server.address().substr(5); }

absl::Status Ask(const std::string& address) {
  RemoteSource source(address);
  return source.GetCapabilities(absl::Now() + absl::Seconds(5)).status();
}

// A connection, or -1.
int Connect(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return fd;
  close(fd);
  return -1;
}

// Whether the server closes a connection within 5 s without a word.
bool IsClosed(int fd) {
  pollfd polled = {fd, POLLIN, 0};
  char byte = 0;
  return poll(&polled, 1, 5000) == 1 && read(fd, &byte, 1) <= 0;
}

// Whether the server says the first word of HTTP/2 within 5 s, its settings.
bool IsServed(int fd) {
  pollfd polled = {fd, POLLIN, 0};
  char byte = 0;
  return poll(&polled, 1, 5000) == 1 && read(fd, &byte, 1) == 1;
}

// The server with flags.
class Program {
 public:
  explicit Program(const std::vector<std::string>& flags) : server_(kServer) {
    server_.AwaitReady();
    server_.Terminate();
    server_.Start({}, flags);
    server_.AwaitReady();
  }
  ServerVictim* operator->() { return &server_; }
  const ServerVictim& operator*() const { return server_; }

 private:
  ServerVictim server_;
};

TEST(ConnectionsTest, ASocketHasThePermissionsThatItIsTold) {
  for (const auto& [flags, mode] : {std::pair<std::vector<std::string>, mode_t>{{}, 0600},
                                    {{"--socket_mode=0660"}, 0660},
                                    {{"--socket_mode=777"}, 0777}}) {
    Program server(flags);
    struct stat file = {};
    ASSERT_EQ(stat(PathOf(*server).c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777, mode);
    EXPECT_TRUE(Ask(server->address()).ok());
  }
}

TEST(ConnectionsTest, OnlyThoseUsersAndGroupsThatAreListedConnect) {
  const std::string other = std::to_string(getuid() + 12345);
  EXPECT_TRUE(Ask(Program({absl::StrCat("--allow_user=", getuid(), ",", other)})->address()).ok());
  EXPECT_TRUE(Ask(Program({absl::StrCat("--allow_group=", getgid())})->address()).ok());
  std::vector<gid_t> groups(65536);
  const int count = getgroups(static_cast<int>(groups.size()), groups.data());
  for (int i = 0; i < count; ++i) {
    if (groups[static_cast<size_t>(i)] == getgid()) continue;
    Program server({absl::StrCat("--allow_group=", groups[static_cast<size_t>(i)])});
    EXPECT_TRUE(Ask(server->address()).ok()) << "a member of the group";
  }
  Program closed({"--allow_user=" + other, "--allow_group=" + other});
  EXPECT_EQ(Ask(closed->address()).code(), absl::StatusCode::kUnavailable);
  const int fd = Connect(PathOf(*closed));
  EXPECT_TRUE(IsClosed(fd));
  close(fd);
}

TEST(ConnectionsTest, ByNameToo) {
  EXPECT_TRUE(
      Ask(Program({"--allow_user=root", absl::StrCat("--allow_user=", getuid())})->address()).ok());
}

TEST(ConnectionsTest, WrongFlagsAreErrors) {
  for (const char* const flag : {"--allow_user=no_such_user", "--allow_group=no_such_group",
                                 "--socket_mode=0888", "--socket_mode=rw", "--socket_mode=01777"}) {
    const ProcessResult result = RunProgram({kServer, "--listen=unix:/tmp/never.sock", flag});
    EXPECT_EQ(result.exit_code, 2) << flag;
    EXPECT_NE(result.err, "") << flag;
  }
}

// Opens 200 connections, each of which is served or closed soon; and the server serves again when
// they have ended. How many were served.
int FillUp(const ServerVictim& server) {
  std::vector<int> open;
  for (int i = 0; i < 200; ++i) open.push_back(Connect(PathOf(server)));
  int served = 0;
  for (const int fd : open) {
    EXPECT_GE(fd, 0);
    pollfd polled = {fd, POLLIN, 0};
    char byte = 0;
    EXPECT_EQ(poll(&polled, 1, 5000), 1) << "it is left waiting";
    served += read(fd, &byte, 1) == 1 ? 1 : 0;
  }
  EXPECT_EQ(Ask(server.address()).code(), absl::StatusCode::kUnavailable);
  for (const int fd : open) close(fd);
  const absl::Time deadline = absl::Now() + absl::Seconds(5);
  while (!Ask(server.address()).ok() && absl::Now() < deadline) {
    absl::SleepFor(absl::Milliseconds(10));
  }
  EXPECT_TRUE(Ask(server.address()).ok()) << "others have ended";
  return served;
}

TEST(ConnectionsTest, ThereAreNoMoreThanItIsTold) {
  const Program server({"--max_descriptors=100"});
  const int served = FillUp(*server);
  EXPECT_GT(served, 40);
  EXPECT_LE(served, 100);
}

// gRPC's own listener would never accept again.
TEST(ConnectionsTest, AServerWithoutDescriptorsRefusesAtOnceAndServesWhenItHasSome) {
  ServerVictim server(kServer);
  server.AwaitReady();
  server.Terminate();
  // Less than it would like to keep.
  server.Start({"/usr/bin/prlimit", "--nofile=60"});
  server.AwaitReady();
  EXPECT_GT(FillUp(server), 10);
}

TEST(ConnectionsTest, AServerWhoseDescriptorsAreTakenAwayServesWhenItHasThemBack) {
  ServerVictim server(kServer);
  server.AwaitReady();
  server.LimitDescriptors(3);
  const int fd = Connect(PathOf(server));
  ASSERT_GE(fd, 0);
  absl::SleepFor(absl::Milliseconds(200));
  server.LimitDescriptors(1000);
  EXPECT_TRUE(IsServed(fd));
  close(fd);
  EXPECT_TRUE(Ask(server.address()).ok());
}

}  // namespace
}  // namespace springboard
