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
                                host.has_value() ? ToString(*host) : "no target", "; got one for ",
                                ToString(target)));
}

absl::Status MappingRefused(const MappingError& error) {
  return MakeError(absl::StatusCode::kUnavailable, reason::kMappingRefused, "",
                   absl::StrCat("the system does not map code: ", error.operation, ": ",
                                std::strerror(error.system_error)));
}

}  // namespace

absl::StatusOr<BoundTrampoline> BoundTrampoline::Bind(const Signature& signature,
                                                      const Trampoline& trampoline,
                                                      const void* callee,
                                                      Verification verification) {
  const absl::Status runs_here = CheckTarget(trampoline.target);
  if (!runs_here.ok()) return runs_here;
  const absl::Status checked = CheckCode(signature, trampoline, verification);
  if (!checked.ok()) return checked;
  CodeBytes code = trampoline.code;
  Relocate(code.data(), code.size(), trampoline.relocation.callee_offset_bytes,
           reinterpret_cast<uintptr_t>(callee));
  std::variant<CodeMapping, MappingError> mapped = CodeMapping::Map(code.data(), code.size());
  if (const MappingError* error = std::get_if<MappingError>(&mapped)) {
    return MappingRefused(*error);
  }
  return BoundTrampoline(std::move(*std::get_if<CodeMapping>(&mapped)));
}

}  // namespace springboard
