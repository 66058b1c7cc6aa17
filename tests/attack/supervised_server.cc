#include "tests/attack/supervised_server.h"

#include <signal.h>

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"

namespace springboard {
namespace {

constexpr absl::Duration kPause = absl::Milliseconds(100);

}  // namespace

SupervisedServer::SupervisedServer(std::vector<std::string> command)
    : command_(std::move(command)), program_(std::make_unique<RunningProgram>(command_)) {
  program_->ReadLine();
  state_.pid = program_->pid();
  thread_ = std::thread([this] { Supervise(); });
}

SupervisedServer::~SupervisedServer() {
  {
    const absl::MutexLock lock(&mutex_);
    is_over_ = true;
    if (state_.pid > 0) kill(state_.pid, SIGKILL);
  }
  thread_.join();
}

SupervisedServer::State SupervisedServer::state() const {
  const absl::MutexLock lock(&mutex_);
  return state_;
}

void SupervisedServer::Supervise() {
  while (true) {
    const int exit_code = program_->Wait();
    const absl::Time end = absl::Now();
    {
      const absl::MutexLock lock(&mutex_);
      state_.pid = -1;
      state_.last_exit = exit_code;
      if (is_over_) return;
    }
    absl::SleepFor(kPause);
    {
      const absl::MutexLock lock(&mutex_);
      if (is_over_) return;
      program_ = std::make_unique<RunningProgram>(command_);
      state_.pid = program_->pid();
    }
    program_->ReadLine();
    const absl::MutexLock lock(&mutex_);
    ++state_.restarts;
    state_.longest_gap = std::max(state_.longest_gap, absl::Now() - end);
  }
}

}  // namespace springboard
