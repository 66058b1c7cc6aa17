#include "client/code_check.h"

#include <string>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/types/optional.h"
#include "client/statistics.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

constexpr absl::string_view kRejectionUrl = "springboard.v1/rejection";
constexpr size_t kSlotBytes = 8;
constexpr uint32_t kMaxAlignmentBytes = 4096;

absl::Status CheckRelocationKind(const Trampoline& trampoline) {
  if (trampoline.relocation.kind == RelocationKind::kAbsolute64) return absl::OkStatus();
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kUnknownRelocation,
                   "relocation.kind",
                   absl::StrCat("the relocation kind is absolute64 (0); got ",
                                static_cast<int>(trampoline.relocation.kind)));
}

// What mapping and relocation need of code that nobody proves.
absl::Status CheckMappable(const Trampoline& trampoline) {
  const uint32_t alignment = trampoline.alignment_bytes;
  if (alignment == 0 || alignment > kMaxAlignmentBytes || (alignment & (alignment - 1)) != 0) {
    return MakeError(absl::StatusCode::kInvalidArgument, reason::kMalformedCode, "alignment",
                     absl::StrCat("an alignment is a power of two up to ", kMaxAlignmentBytes,
                                  "; got ", alignment));
  }
  const size_t size = trampoline.code.size();
  const uint32_t offset = trampoline.relocation.callee_offset_bytes;
  if (size >= kSlotBytes && offset <= size - kSlotBytes) return absl::OkStatus();
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kCalleeOffsetOutOfRange,
                   "relocation.callee_offset",
                   absl::StrCat("the callee's 8 bytes must lie in the code of ", size,
                                " bytes; got offset ", offset));
}

std::string Encode(const Rejection& rejection) {
  return absl::StrCat(static_cast<int>(rejection.rule), " ", rejection.offset_bytes, " ",
                      rejection.argument);
}

}  // namespace

absl::Status CheckCode(const Signature& signature, const Trampoline& trampoline,
                       Verification verification, uint64_t callees) {
  absl::Status kind = CheckRelocationKind(trampoline);
  if (!kind.ok()) return kind;
  if (verification == Verification::kOff) {
    absl::Status mappable = CheckMappable(trampoline);
    if (!mappable.ok()) return mappable;
    Count(ClientEvent::kUnverified, callees);
    return absl::OkStatus();
  }
  const std::optional<Rejection> rejection = Verify(
      signature, trampoline.target, trampoline.profile,
      {trampoline.code, trampoline.relocation.callee_offset_bytes, trampoline.alignment_bytes});
  if (!rejection.has_value()) {
    Count(ClientEvent::kVerified, callees);
    return absl::OkStatus();
  }
  Count(ClientEvent::kRejected);
  absl::Status status =
      MakeError(absl::StatusCode::kFailedPrecondition, reason::kCodeRejected, "code",
                absl::StrCat("no trampoline of ", signature.ToString(), " for ",
                             ToString(trampoline.target), ": ", rejection->ToString()));
  status.SetPayload(kRejectionUrl, absl::Cord(Encode(*rejection)));
  return status;
}

std::optional<Rejection> GetRejection(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kRejectionUrl);
  if (!payload.has_value()) return std::nullopt;
  const std::string text(*payload);
  const std::vector<absl::string_view> fields = absl::StrSplit(text, ' ');
  uint32_t rule = 0;
  Rejection rejection = {};
  if (fields.size() != 3 || !absl::SimpleAtoi(fields[0], &rule) ||
      rule > static_cast<uint32_t>(VerifierRule::kOutArray) ||
      !absl::SimpleAtoi(fields[1], &rejection.offset_bytes) ||
      !absl::SimpleAtoi(fields[2], &rejection.argument)) {
    return std::nullopt;
  }
  rejection.rule = static_cast<VerifierRule>(rule);
  return rejection;
}

}  // namespace springboard
