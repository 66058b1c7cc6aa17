#ifndef SPRINGBOARD_CLIENT_CLI_JOBS_FLAG_H_
#define SPRINGBOARD_CLIENT_CLI_JOBS_FLAG_H_

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <thread>

#include "client/cli/source_flags.h"

namespace springboard {

// How much is done at a time: the flag --jobs.
class JobsFlag {
 public:
  // `command` must not outlive this.
  void AddTo(CLI::App& command) {
    command
        .add_option("--jobs", jobs_,
                    "Threads, and calls under way at a time; without it one for each core, or two "
                    "with a server")
        ->check(CLI::Range(1, 256));
  }

  // A server has work while answers are proven.
  uint32_t Threads(const SourceFlags& source) const {
    if (jobs_ != 0) return jobs_;
    const uint32_t cores = std::max(std::thread::hardware_concurrency(), 1U);
    return source.server().empty() ? cores : 2 * cores;
  }

 private:
  uint32_t jobs_ = 0;  // 0: none were asked for.
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_CLI_JOBS_FLAG_H_
