#ifndef SPRINGBOARD_CLIENT_CLI_PROGRESS_BAR_H_
#define SPRINGBOARD_CLIENT_CLI_PROGRESS_BAR_H_

#include <algorithm>
#include <cstddef>
#include <string>

namespace springboard {

// "[####      ]" of 42 characters, for a part of 0 to 1.
inline std::string ProgressBar(double part) {
  constexpr size_t kWidth = 40;
  const auto done = static_cast<size_t>(std::clamp(part, 0.0, 1.0) * kWidth);
  return "[" + std::string(done, '#') + std::string(kWidth - done, ' ') + "]";
}

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_CLI_PROGRESS_BAR_H_
