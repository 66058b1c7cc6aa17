#include "tests/support/subprocess.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>

#include "tests/support/files.h"

namespace springboard {
namespace {

std::vector<char*> Arguments(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  return arguments;
}

// In a process group of its own, whose number is that of the process.
pid_t Spawn(const std::vector<std::string>& command, const posix_spawn_file_actions_t& actions) {
  pid_t pid = -1;
  const std::vector<char*> arguments = Arguments(command);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  const int error =
      posix_spawn(&pid, command[0].c_str(), &actions, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  return error == 0 ? pid : -1;
}

int ExitCode(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status); }

int WaitFor(pid_t pid) {
  int status = 0;
  pid_t ended = -1;
  do {
    ended = pid < 0 ? -1 : waitpid(pid, &status, 0);
  } while (ended < 0 && errno == EINTR && pid >= 0);
  return ended == pid && pid >= 0 ? ExitCode(status) : -1;
}

// Kills the process's group if it takes longer.
int WaitFor(pid_t pid, std::chrono::seconds time_limit) {
  const auto deadline = std::chrono::steady_clock::now() + time_limit;
  auto pause = std::chrono::microseconds(100);
  while (pid >= 0 && std::chrono::steady_clock::now() < deadline) {
    int status = 0;
    const pid_t ended = waitpid(pid, &status, WNOHANG);
    if (ended == pid) return ExitCode(status);
    if (ended < 0 && errno != EINTR) return -1;
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, std::chrono::microseconds(5000));
  }
  if (pid >= 0) kill(-pid, SIGKILL);
  return WaitFor(pid);
}

}  // namespace

ProcessResult RunProgram(const std::vector<std::string>& command, const std::string& input,
                         std::chrono::seconds time_limit) {
  const TemporaryFolder folder;
  if (!WriteFile(folder.File("in"), input)) return {-1, "", "cannot write the input"};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, folder.File("in").c_str(), O_RDONLY, 0);
  constexpr int kWrite = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&actions, 1, folder.File("out").c_str(), kWrite, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, folder.File("err").c_str(), kWrite, 0600);
  const int exit_code = WaitFor(Spawn(command, actions), time_limit);
  posix_spawn_file_actions_destroy(&actions);
  return {exit_code, ReadFile(folder.File("out")), ReadFile(folder.File("err"))};
}

RunningProgram::RunningProgram(const std::vector<std::string>& command, const std::string& err) {
  std::array<int, 2> out = {};
  if (pipe2(out.data(), O_CLOEXEC) != 0) return;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  if (!err.empty()) {
    posix_spawn_file_actions_addopen(&actions, 2, err.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  }
  pid_ = Spawn(command, actions);
  posix_spawn_file_actions_destroy(&actions);
  close(out[1]);
  out_ = out[0];
}

RunningProgram::~RunningProgram() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    WaitFor(pid_);
  }
  if (out_ >= 0) close(out_);
}

std::string RunningProgram::ReadLine() {
  std::string line;
  char c = 0;
  while (read(out_, &c, 1) == 1 && c != '\n') line += c;
  return line;
}

int RunningProgram::Wait() {
  const int exit_code = WaitFor(pid_);
  pid_ = -1;
  return exit_code;
}

}  // namespace springboard
