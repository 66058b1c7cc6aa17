#include "tests/support/subprocess.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>

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

pid_t Spawn(const std::vector<std::string>& command, const posix_spawn_file_actions_t& actions) {
  pid_t pid = -1;
  const std::vector<char*> arguments = Arguments(command);
  return posix_spawn(&pid, command[0].c_str(), &actions, nullptr, arguments.data(), environ) == 0
             ? pid
             : -1;
}

int WaitFor(pid_t pid) {
  int status = 0;
  if (pid < 0 || waitpid(pid, &status, 0) != pid) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace

ProcessResult RunProgram(const std::vector<std::string>& command, const std::string& input) {
  const TemporaryFolder folder;
  std::ofstream(folder.File("in"), std::ios::binary) << input;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, folder.File("in").c_str(), O_RDONLY, 0);
  constexpr int kWrite = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&actions, 1, folder.File("out").c_str(), kWrite, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, folder.File("err").c_str(), kWrite, 0600);
  const int exit_code = WaitFor(Spawn(command, actions));
  posix_spawn_file_actions_destroy(&actions);
  return {exit_code < 0 ? -1 : exit_code, ReadFile(folder.File("out")),
          ReadFile(folder.File("err"))};
}

RunningProgram::RunningProgram(const std::vector<std::string>& command) {
  std::array<int, 2> out = {};
  if (pipe2(out.data(), O_CLOEXEC) != 0) return;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
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
