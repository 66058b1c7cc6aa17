#ifndef SPRINGBOARD_COMPILER_TARGET_H_
#define SPRINGBOARD_COMPILER_TARGET_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "compiler/calling_convention.h"
#include "compiler/isa.h"

namespace springboard {

// An instruction set with the conventions of a platform.
enum class Target : uint8_t {
  kX64SystemV,
  kX64Windows,
  kA64Apple,
  kA64Linux,
  kA64Windows,
};
inline constexpr size_t kTargetCount = 5;

// What calls the trampoline.
enum class CallerProfile : uint8_t {
  kV8_10,  // V8 10's fast C calls: typed arrays are pointers to {uint64 length; void* data}.
};

struct CallerProfileInfo {
  CallerProfile profile;
  absl::string_view name;                 // "v8-10"
  uint8_t typed_array_data_offset_bytes;  // Of the data pointer inside the typed-array struct.
};

struct TargetInfo {
  Target target;
  absl::string_view name;  // "x86_64-sysv"
  Isa isa;
  // How callers of each profile call trampolines, indexed by CallerProfile; none is null.
  std::array<const CallingConvention*, 1> callers;
  const CallingConvention* callee;  // Never null.

  const CallingConvention& caller(CallerProfile profile) const {
    return *callers[static_cast<size_t>(profile)];
  }
};

// Every target, in the order of the enum.
absl::Span<const TargetInfo> AllTargets();
const TargetInfo& Info(Target target);

// For messages: the target's name, or "unknown target 9" for a value that is none.
std::string ToString(Target target);

absl::Span<const CallerProfileInfo> AllCallerProfiles();
const CallerProfileInfo& Info(CallerProfile profile);

// By name, as in Info().name. Error: INVALID_ARGUMENT with UNKNOWN_TARGET (field "target") or
// UNKNOWN_PROFILE (field "caller_profile").
absl::StatusOr<Target> FindTarget(absl::string_view name);
absl::StatusOr<CallerProfile> FindCallerProfile(absl::string_view name);

std::ostream& operator<<(std::ostream& os, Target target);
std::ostream& operator<<(std::ostream& os, CallerProfile profile);

}  // namespace springboard

#endif  // SPRINGBOARD_COMPILER_TARGET_H_
