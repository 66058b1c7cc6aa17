#ifndef SPRINGBOARD_TESTS_ATTACK_SUPERVISED_SERVER_H_
#define SPRINGBOARD_TESTS_ATTACK_SUPERVISED_SERVER_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "tests/support/subprocess.h"

namespace springboard {

// A server's program that is started again when it ends, as systemd does with Restart=always and
// RestartSec=100ms. Thread-safe.
class SupervisedServer {
 public:
  // Returns when it serves.
  explicit SupervisedServer(std::vector<std::string> command);
  // Kills it.
  ~SupervisedServer();
  SupervisedServer(const SupervisedServer&) = delete;
  SupervisedServer& operator=(const SupervisedServer&) = delete;

  struct State {
    int restarts = 0;                                   // Since the beginning.
    absl::Duration longest_gap = absl::ZeroDuration();  // From an end to serving again.
    int last_exit = 0;                                  // As RunningProgram::Wait().
    pid_t pid = -1;
  };
  State state() const;

 private:
  void Supervise();

  const std::vector<std::string> command_;
  mutable absl::Mutex mutex_;
  std::unique_ptr<RunningProgram> program_;  // The thread's.
  State state_ ABSL_GUARDED_BY(mutex_);
  bool is_over_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_ATTACK_SUPERVISED_SERVER_H_
