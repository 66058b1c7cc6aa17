#include "tests/client/chaos/server_victim.h"

#include <signal.h>
#include <sys/resource.h>

#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "tests/support/unique_name.h"

namespace springboard {

// Short, as a socket's path must be.
ServerVictim::ServerVictim(std::string program)
    : ServerVictim(std::vector<std::string>{std::move(program)},
                   absl::StrCat("unix:/tmp/", UniqueName())) {}

ServerVictim::ServerVictim(std::vector<std::string> command, std::string address)
    : command_(std::move(command)), address_(std::move(address)) {
  Start();
}

ServerVictim::~ServerVictim() {
  Kill();
  absl::string_view socket = address_;
  if (!absl::ConsumePrefix(&socket, "unix:")) return;
  std::remove(std::string(socket).c_str());
  std::remove(absl::StrCat(socket, ".lock").c_str());
}

int ServerVictim::Terminate() {
  kill(server_->pid(), SIGTERM);
  const int exit_code = server_->Wait();
  server_.reset();
  return exit_code;
}

void ServerVictim::Stop() const { kill(server_->pid(), SIGSTOP); }

void ServerVictim::Continue() const { kill(server_->pid(), SIGCONT); }

void ServerVictim::LimitDescriptors(unsigned limit) const {
  rlimit limits = {};
  prlimit(server_->pid(), RLIMIT_NOFILE, nullptr, &limits);
  limits.rlim_cur = limit;
  prlimit(server_->pid(), RLIMIT_NOFILE, &limits, nullptr);
}

void ServerVictim::Start(std::vector<std::string> command, const std::vector<std::string>& flags) {
  command.insert(command.end(), command_.begin(), command_.end());
  command.push_back("--listen=" + address_);
  command.insert(command.end(), flags.begin(), flags.end());
  server_ = std::make_unique<RunningProgram>(command);
}

}  // namespace springboard
