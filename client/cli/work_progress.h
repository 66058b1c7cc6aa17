#ifndef SPRINGBOARD_CLIENT_CLI_WORK_PROGRESS_H_
#define SPRINGBOARD_CLIENT_CLI_WORK_PROGRESS_H_

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/cli/progress.h"

namespace springboard {

// How far the making of many trampolines is: a bar on stderr, at a terminal, and what it took.
// Thread-compatible.
class WorkProgress {
 public:
  // Shows nothing if `is_quiet`.
  WorkProgress(uint64_t total, bool is_quiet) : total_(total), line_(is_quiet) {}

  // Redraws the bar, ten times a second at most.
  void Show(uint64_t done);

  // Says, in a line below the bar, what still takes time when all are made.
  void Say(absl::string_view what) { line_.Show(absl::StrCat("\n", what)); }

  // "in 34.1 s, 146628 a second, with 312 MiB of memory at most". Those are the process's.
  std::string Summary(uint64_t done) const;

 private:
  double Seconds() const { return absl::ToDoubleSeconds(absl::Now() - start_); }

  const uint64_t total_;
  const absl::Time start_ = absl::Now();
  absl::Time next_ = start_;
  Progress line_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_CLI_WORK_PROGRESS_H_
