#ifndef SPRINGBOARD_CLIENT_CLI_PROGRESS_H_
#define SPRINGBOARD_CLIENT_CLI_PROGRESS_H_

#include <unistd.h>

#include <iostream>

#include "absl/strings/string_view.h"

namespace springboard {

// A line on stderr, redrawn in place; silent where nobody watches, or wants to.
class Progress {
 public:
  Progress() = default;
  explicit Progress(bool is_quiet) : is_shown_to_nobody_(is_quiet || !IsTerminal()) {}

  void Show(absl::string_view line) {
    if (is_shown_to_nobody_) return;
    std::cerr << "\r" << line << std::flush;
    is_shown_ = true;
  }
  ~Progress() {
    if (is_shown_) std::cerr << "\n";
  }

 private:
  static bool IsTerminal() { return isatty(STDERR_FILENO) == 1; }

  const bool is_shown_to_nobody_ = !IsTerminal();
  bool is_shown_ = false;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_CLI_PROGRESS_H_
