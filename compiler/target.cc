#include "compiler/target.h"

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

constexpr std::array<TargetInfo, 5> kTargets = {{
    {Target::kX64SystemV, "x86_64-sysv", Isa::kX64, {&kV8SystemV}, &kSystemV},
    {Target::kX64Windows, "x86_64-windows", Isa::kX64, {&kV8Windows}, &kWindowsX64},
    {Target::kA64Apple, "aarch64-apple", Isa::kAArch64, {&kV8Aapcs64}, &kApple},
    {Target::kA64Linux, "aarch64-linux", Isa::kAArch64, {&kV8Aapcs64}, &kAapcs64},
    {Target::kA64Windows, "aarch64-windows", Isa::kAArch64, {&kV8Aapcs64}, &kWindowsArm64},
}};

constexpr std::array<CallerProfileInfo, 1> kProfiles = {{
    {CallerProfile::kV8_10, "v8-10", 8},
}};

template <typename Rows>
absl::Status NotFound(absl::string_view what, absl::string_view reason, absl::string_view field,
                      const Rows& rows, absl::string_view name) {
  const auto append_name = [](std::string* out, const auto& row) {
    absl::StrAppend(out, row.name);
  };
  return MakeError(absl::StatusCode::kInvalidArgument, reason, field,
                   absl::StrCat("a ", what, " is one of ", absl::StrJoin(rows, " ", append_name),
                                "; got \"", absl::CHexEscape(name.substr(0, 64)), "\""));
}

}  // namespace

absl::Span<const TargetInfo> AllTargets() { return kTargets; }

const TargetInfo& Info(Target target) { return kTargets[static_cast<size_t>(target)]; }

std::string ToString(Target target) {
  const auto index = static_cast<size_t>(target);
  return index < kTargets.size() ? std::string(kTargets[index].name)
                                 : absl::StrCat("unknown target ", index);
}

absl::Span<const CallerProfileInfo> AllCallerProfiles() { return kProfiles; }

const CallerProfileInfo& Info(CallerProfile profile) {
  return kProfiles[static_cast<size_t>(profile)];
}

absl::StatusOr<Target> FindTarget(absl::string_view name) {
  for (const TargetInfo& row : kTargets) {
    if (row.name == name) return row.target;
  }
  return NotFound("target", reason::kUnknownTarget, "target", kTargets, name);
}

absl::StatusOr<CallerProfile> FindCallerProfile(absl::string_view name) {
  for (const CallerProfileInfo& row : kProfiles) {
    if (row.name == name) return row.profile;
  }
  return NotFound("caller profile", reason::kUnknownProfile, "caller_profile", kProfiles, name);
}

std::ostream& operator<<(std::ostream& os, Target target) { return os << ToString(target); }
std::ostream& operator<<(std::ostream& os, CallerProfile profile) {
  return os << Info(profile).name;
}

}  // namespace springboard
