#include "client/code_check.h"

#include <cstring>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "client/log.h"
#include "client/statistics.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

constexpr absl::string_view kRejectionUrl = "springboard.v1/rejection";
constexpr size_t kSlotBytes = 8;

absl::Status CheckRelocation(const Trampoline& trampoline) {
  if (trampoline.relocation.kind != RelocationKind::kAbsolute64) {
    return MakeError(absl::StatusCode::kInvalidArgument, reason::kUnknownRelocation,
                     "relocation.kind",
                     absl::StrCat("the relocation kind is absolute64 (0); got ",
                                  static_cast<int>(trampoline.relocation.kind)));
  }
  const size_t size = trampoline.code.size();
  const uint32_t offset = trampoline.relocation.callee_offset_bytes;
  if (size >= kSlotBytes && offset <= size - kSlotBytes) return absl::OkStatus();
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kCalleeOffsetOutOfRange,
                   "relocation.callee_offset",
                   absl::StrCat("the callee's 8 bytes must lie in the code of ", size,
                                " bytes; got offset ", offset));
}

// The bytes of a Rejection never leave the process.
absl::Cord Encode(const Rejection& rejection) {
  return absl::Cord(
      absl::string_view(reinterpret_cast<const char*>(&rejection), sizeof(rejection)));
}

}  // namespace

absl::Status CheckCode(const Signature& signature, const Trampoline& trampoline,
                       Verification verification) {
  absl::Status relocation = CheckRelocation(trampoline);
  if (!relocation.ok()) return relocation;
  if (verification == Verification::kOff) {
    Count(ClientEvent::kUnverified);
    LogWarning(absl::StrCat("mapping a trampoline of ", signature.ToString(),
                            " without proof, since verification is off"));
    return absl::OkStatus();
  }
  const std::optional<Rejection> rejection = Verify(
      signature, trampoline.target, trampoline.profile,
      {trampoline.code, trampoline.relocation.callee_offset_bytes, trampoline.alignment_bytes});
  if (!rejection.has_value()) {
    Count(ClientEvent::kVerified);
    return absl::OkStatus();
  }
  Count(ClientEvent::kRejected);
  absl::Status status =
      MakeError(absl::StatusCode::kFailedPrecondition, reason::kCodeRejected, "code",
                absl::StrCat("no trampoline of ", signature.ToString(), " for ",
                             ToString(trampoline.target), ": ", rejection->ToString()));
  status.SetPayload(kRejectionUrl, Encode(*rejection));
  return status;
}

std::optional<Rejection> GetRejection(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kRejectionUrl);
  if (!payload.has_value() || payload->size() != sizeof(Rejection)) return std::nullopt;
  const std::string bytes(*payload);
  Rejection rejection;
  std::memcpy(&rejection, bytes.data(), sizeof(rejection));
  return rejection;
}

}  // namespace springboard
