#ifndef SPRINGBOARD_CLIENT_CLI_PROGRESS_H_
#define SPRINGBOARD_CLIENT_CLI_PROGRESS_H_

#include <unistd.h>

#include <iostream>

#include "absl/strings/string_view.h"

namespace springboard {

// A line on stderr, redrawn in place; silent where nobody watches.
class Progress {
 public:
  void Show(absl::string_view line) {
    if (!is_terminal_) return;
    std::cerr << "\r" << line << std::flush;
    is_shown_ = true;
  }
  ~Progress() {
    if (is_shown_) std::cerr << "\n";
  }

 private:
  const bool is_terminal_ = isatty(STDERR_FILENO) == 1;
  bool is_shown_ = false;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_CLI_PROGRESS_H_
