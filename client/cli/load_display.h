#ifndef SPRINGBOARD_CLIENT_CLI_LOAD_DISPLAY_H_
#define SPRINGBOARD_CLIENT_CLI_LOAD_DISPLAY_H_

#include <unistd.h>

#include <cstddef>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "client/cli/load_tally.h"

namespace springboard {

// Load while it runs, on stderr: some lines on a terminal, redrawn in place, and gone at the end; a
// line each time where there is none and it is wanted. Thread-compatible.
class LoadDisplay {
 public:
  // `what` is being done for `planned` seconds.
  LoadDisplay(std::string what, absl::Duration planned, bool has_lines);
  ~LoadDisplay();
  LoadDisplay(const LoadDisplay&) = delete;
  LoadDisplay& operator=(const LoadDisplay&) = delete;

  // How often it is to be shown.
  absl::Duration period() const { return absl::Milliseconds(is_terminal_ ? 500 : 1000); }

  // All that has been since the beginning, and the latest of it.
  void Show(const LoadTally& all, absl::Duration elapsed, const LoadTally& latest,
            absl::Duration latest_elapsed);

 private:
  void Erase();
  void Draw(const std::vector<std::string>& lines);

  const std::string what_;
  const absl::Duration planned_;
  const bool is_terminal_ = isatty(STDERR_FILENO) == 1;
  const bool has_lines_;
  size_t lines_shown_ = 0;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_CLI_LOAD_DISPLAY_H_
