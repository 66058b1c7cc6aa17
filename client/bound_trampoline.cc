#include "client/bound_trampoline.h"

#include <cstring>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/host_target.h"
#include "client/mapping/relocate.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

absl::Status CheckTarget(Target target) {
  const std::optional<Target> host = HostTarget();
  if (host == target) return absl::OkStatus();
  return MakeError(absl::StatusCode::kFailedPrecondition, reason::kWrongTarget, "target",
                   absl::StrCat("this process runs trampolines for ",
                                host.has_value() ? Info(*host).name : "no target", "; got one for ",
                                Info(target).name));
}

absl::Status MappingRefused(const MappingError& error) {
  return MakeError(absl::StatusCode::kUnavailable, reason::kMappingRefused, "",
                   absl::StrCat("the system does not map code: ", error.operation, ": ",
                                std::strerror(error.system_error)));
}

}  // namespace

absl::StatusOr<BoundTrampoline> BoundTrampoline::Bind(const Trampoline& trampoline,
                                                      const void* callee) {
  const absl::Status runs_here = CheckTarget(trampoline.target);
  if (!runs_here.ok()) return runs_here;
  if (trampoline.relocation.kind != RelocationKind::kAbsolute64) {
    return MakeError(absl::StatusCode::kInvalidArgument, reason::kUnknownRelocation,
                     "relocation.kind",
                     absl::StrCat("the relocation kind is absolute64 (0); got ",
                                  static_cast<int>(trampoline.relocation.kind)));
  }
  CodeBytes code = trampoline.code;
  const uint32_t offset = trampoline.relocation.callee_offset_bytes;
  if (!Relocate(code.data(), code.size(), offset, reinterpret_cast<uintptr_t>(callee))) {
    return MakeError(absl::StatusCode::kInvalidArgument, reason::kCalleeOffsetOutOfRange,
                     "relocation.callee_offset",
                     absl::StrCat("the callee's 8 bytes must lie in the code of ", code.size(),
                                  " bytes; got offset ", offset));
  }
  std::variant<CodeMapping, MappingError> mapped = CodeMapping::Map(code.data(), code.size());
  if (const MappingError* error = std::get_if<MappingError>(&mapped)) {
    return MappingRefused(*error);
  }
  return BoundTrampoline(std::move(*std::get_if<CodeMapping>(&mapped)));
}

}  // namespace springboard
