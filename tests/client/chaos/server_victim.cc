#include "tests/client/chaos/server_victim.h"

#include <signal.h>
#include <sys/resource.h>

#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/support/unique_name.h"

namespace springboard {

// Short, as a socket's path must be.
ServerVictim::ServerVictim(std::string program)
    : program_(std::move(program)),
      socket_(absl::StrCat("/tmp/", UniqueName())),
      address_("unix:" + socket_) {
  Start();
}

ServerVictim::~ServerVictim() {
  Kill();
  std::remove(socket_.c_str());
  std::remove((socket_ + ".lock").c_str());
}

void ServerVictim::Terminate() {
  kill(server_->pid(), SIGTERM);
  server_->Wait();
  server_.reset();
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
  command.push_back(program_);
  command.push_back("--listen=" + address_);
  command.insert(command.end(), flags.begin(), flags.end());
  server_ = std::make_unique<RunningProgram>(command);
}

}  // namespace springboard
