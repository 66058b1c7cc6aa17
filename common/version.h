#ifndef SPRINGBOARD_COMMON_VERSION_H_
#define SPRINGBOARD_COMMON_VERSION_H_

namespace springboard {

// Of the programs and libraries. What code they generate has a version of its own, kCodegenVersion.
inline constexpr char kVersion[] = "0.1.0";

}  // namespace springboard

#endif  // SPRINGBOARD_COMMON_VERSION_H_
