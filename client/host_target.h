#ifndef SPRINGBOARD_CLIENT_HOST_TARGET_H_
#define SPRINGBOARD_CLIENT_HOST_TARGET_H_

#include <optional>

#include "compiler/target.h"

namespace springboard {

// The target whose trampolines can run in this process, or nothing on other machines.
constexpr std::optional<Target> HostTarget() {
#if defined(__x86_64__) && defined(_WIN32)
  return Target::kX64Windows;
#elif defined(__x86_64__)
  return Target::kX64SystemV;
#elif defined(__aarch64__) && defined(__APPLE__)
  return Target::kA64Apple;
#elif defined(__aarch64__) && defined(_WIN32)
  return Target::kA64Windows;
#elif defined(__aarch64__)
  return Target::kA64Linux;
#else
  return std::nullopt;
#endif
}

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_HOST_TARGET_H_
