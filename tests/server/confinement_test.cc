// What a server cannot do once it serves: the rights it gives up, and the system calls it has not.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/source/remote_source.h"
#include "server/system_call_filter.h"
#include "tests/support/server_program.h"
#include "tests/support/subprocess.h"
#include "tests/support/unique_name.h"

namespace springboard {
namespace {

using testing::HasSubstr;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsSanitized = true;
#else
constexpr bool kIsSanitized = false;
#endif

bool Serves(const std::string& address) {
  RemoteSource source(address);
  return source
      .Compile({*Signature::Parse("u8(u8)"), Target::kX64SystemV}, absl::Now() + absl::Seconds(5))
      .ok();
}

// What the kernel says of every thread of a process.
std::vector<std::string> StatusOfThreads(pid_t pid) {
  std::vector<std::string> all;
  for (const auto& thread :
       std::filesystem::directory_iterator(absl::StrCat("/proc/", pid, "/task"))) {
    std::stringstream text;
    text << std::ifstream(thread.path() / "status").rdbuf();
    all.push_back(text.str());
  }
  return all;
}

TEST(ConfinementTest, NoThreadHasRightsAndAllHaveTheFilter) {
  const ServerProgram server;
  ASSERT_TRUE(Serves(server.address()));
  const std::vector<std::string> threads = StatusOfThreads(server.pid());
  EXPECT_GT(threads.size(), 2u);
  for (const std::string& status : threads) {
    EXPECT_THAT(status, HasSubstr("CapPrm:\t0000000000000000"));
    EXPECT_THAT(status, HasSubstr("CapEff:\t0000000000000000"));
    EXPECT_THAT(status, HasSubstr("NoNewPrivs:\t1"));
    if (!kIsSanitized) {
      EXPECT_THAT(status, HasSubstr("Seccomp:\t2"));
    }
  }
}

TEST(ConfinementTest, RootBecomesWhomItIsTold) {
  if (geteuid() != 0) {
    const ProcessResult result =
        RunProgram({ServerProgram::kPath, "--listen=127.0.0.1:0", "--user=0", "--group=0"});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.err, HasSubstr("only root becomes user 0"));
    return;
  }
  const ServerProgram server({"--user=65534", "--group=12345", "--socket_mode=0660"});
  ASSERT_TRUE(Serves(server.address()));
  for (const std::string& status : StatusOfThreads(server.pid())) {
    EXPECT_THAT(status, HasSubstr("Uid:\t65534\t65534\t65534\t65534"));
    EXPECT_THAT(status, HasSubstr("Gid:\t12345\t12345\t12345\t12345"));
    EXPECT_THAT(status, HasSubstr("Groups:\t \n"));
    EXPECT_THAT(status, HasSubstr("CapEff:\t0000000000000000"));
  }
  struct stat file = {};
  ASSERT_EQ(stat(server.address().substr(5).c_str(), &file), 0);
  EXPECT_EQ(file.st_uid, 65534u);
  EXPECT_EQ(file.st_gid, 12345u);
}

// Whether a server lets a user in that comes to an abstract socket.
bool LetsIn(const std::string& name, uid_t user) {
  const pid_t child = fork();
  if (child == 0) {
    if (setuid(user) != 0) _exit(255);
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path + 1, name.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    char byte = 0;
    // The server speaks first.
    _exit(connect(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                  read(fd, &byte, 1) == 1
              ? 0
              : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_NE(WEXITSTATUS(status), 255);
  return WEXITSTATUS(status) == 0;
}

// They have no permissions of their own.
TEST(ConfinementTest, AbstractSocketsAreForTheServersUser) {
  const std::string name = UniqueName();
  {
    const ServerProgram server({}, "unix-abstract:" + name);
    EXPECT_TRUE(LetsIn(name, geteuid()));
    if (geteuid() == 0) {
      EXPECT_FALSE(LetsIn(name, 12345));
    }
  }
  if (geteuid() == 0) {
    const ServerProgram server({"--allow_user=12345"}, "unix-abstract:" + name);
    EXPECT_TRUE(LetsIn(name, 12345));
    EXPECT_FALSE(LetsIn(name, 12346));
  }
}

TEST(ConfinementTest, AUserOfNoGroupNeedsOne) {
  const ProcessResult result =
      RunProgram({ServerProgram::kPath, "--listen=127.0.0.1:0", "--user=87654321"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("user 87654321 is in no group"));
  for (const char* const flag :
       {"--user=no_such_user", "--group=no_such_group", "--system_calls=most"}) {
    EXPECT_EQ(RunProgram({ServerProgram::kPath, flag}).exit_code, 2) << flag;
  }
}

// Where every write to a file ends the process. Its log would be one: stderr, which may be a file
// here.
TEST(ConfinementTest, AServerWritesNoFile) {
  RunningProgram server({"/usr/bin/prlimit", "--fsize=0", "--core=0", ServerProgram::kPath,
                         "--listen=127.0.0.1:0", "--log_level=error"});
  const std::string line = server.ReadLine();
  ASSERT_THAT(line, HasSubstr("listening on "));
  EXPECT_TRUE(Serves(line.substr(line.rfind(' ') + 1)));
  kill(server.pid(), SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
}

// How a process ends that does it behind the filter: 0 if it works, an errno, or minus a signal.
int Outcome(SystemCallFilter filter, const std::function<int()>& action) {
  const pid_t child = fork();
  if (child == 0) {
    if (!InstallSystemCallFilter(filter, /*removes_sockets=*/false).ok()) _exit(255);
    errno = 0;
    _exit(action() >= 0 ? 0 : errno);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

int MapPages(int protection) {
  return mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}

struct Action {
  const char* name;
  std::function<int()> run;
};

TEST(SystemCallFilterTest, WhatAServerHasNoUseForIsRefused) {
  if (kIsSanitized) GTEST_SKIP() << "sanitizers make system calls of their own";
  const std::string file = testing::TempDir() + "/written";
  const Action refused[] = {
      {"start a program", [] { return execl("/bin/true", "/bin/true", nullptr); }},
      {"fork", [] { return static_cast<int>(fork()); }},
      {"make a socket", [] { return socket(AF_INET, SOCK_STREAM, 0); }},
      {"make a file", [&] { return open(file.c_str(), O_RDONLY | O_CREAT, 0600); }},
      {"make a file without a name", [] { return open("/tmp", O_TMPFILE | O_RDWR, 0600); }},
      {"open a file to write", [] { return open("/dev/null", O_WRONLY); }},
      {"open a file to read and write", [] { return open("/dev/null", O_RDWR); }},
      {"empty a file", [] { return open("/dev/null", O_RDONLY | O_TRUNC); }},
      {"remove a file", [&] { return unlink(file.c_str()); }},
      {"rename a file", [&] { return std::rename(file.c_str(), file.c_str()); }},
      {"change a file's mode", [&] { return chmod(file.c_str(), 0777); }},
      {"map executable memory", [] { return MapPages(PROT_READ | PROT_EXEC); }},
      {"map writable and executable memory",
       [] { return MapPages(PROT_READ | PROT_WRITE | PROT_EXEC); }},
      {"make memory executable",
       [] {
         void* const page = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
         return mprotect(page, 4096, PROT_READ | PROT_EXEC);
       }},
      {"signal others", [] { return kill(getppid(), 0); }},
      {"change its user", [] { return setuid(getuid()); }},
      {"change its limits",
       [] {
         const rlimit none = {0, 0};
         return setrlimit(RLIMIT_CORE, &none);
       }},
      {"be traced again", [] { return prctl(PR_SET_DUMPABLE, 1); }},
  };
  for (const Action& action : refused) {
    EXPECT_EQ(Outcome(SystemCallFilter::kKill, action.run), -SIGSYS) << action.name;
    EXPECT_EQ(Outcome(SystemCallFilter::kDeny, action.run), EPERM) << action.name;
  }
}

TEST(SystemCallFilterTest, WhatItNeedsWorks) {
  if (kIsSanitized) GTEST_SKIP() << "sanitizers make system calls of their own";
  const Action allowed[] = {
      {"read a file", [] { return open("/etc/passwd", O_RDONLY | O_CLOEXEC); }},
      {"take memory", [] { return MapPages(PROT_READ | PROT_WRITE); }},
      {"make a thread",
       [] {
         std::thread([] {}).join();
         return 0;
       }},
      {"see its limits",
       [] {
         rlimit limit = {};
         return getrlimit(RLIMIT_NOFILE, &limit);
       }},
  };
  for (const Action& action : allowed) {
    EXPECT_EQ(Outcome(SystemCallFilter::kKill, action.run), 0) << action.name;
  }
  EXPECT_EQ(Outcome(SystemCallFilter::kKill, []() -> int { std::abort(); }), -SIGABRT);
  EXPECT_EQ(Outcome(SystemCallFilter::kOff, [] { return socket(AF_INET, SOCK_STREAM, 0); }), 0);
}

// Another thread that is there already is kept from it too.
TEST(SystemCallFilterTest, HoldsForAllThreads) {
  if (kIsSanitized) GTEST_SKIP() << "sanitizers make system calls of their own";
  const pid_t child = fork();
  if (child == 0) {
    std::thread other([] {
      absl::SleepFor(absl::Milliseconds(300));
      _exit(socket(AF_INET, SOCK_STREAM, 0) >= 0 ? 0 : errno);
    });
    if (!InstallSystemCallFilter(SystemCallFilter::kDeny, false).ok()) _exit(255);
    other.join();
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), EPERM);
}

}  // namespace
}  // namespace springboard
