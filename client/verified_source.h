#ifndef SPRINGBOARD_CLIENT_VERIFIED_SOURCE_H_
#define SPRINGBOARD_CLIENT_VERIFIED_SOURCE_H_

#include <vector>

#include "client/trampoline_source.h"

namespace springboard {

// A source whose every trampoline is proven to be the one that was asked for. What another source
// gives is verified; instead of an answer that is rejected, or is for another target or profile
// (INTERNAL, WRONG_TARGET), or was no answer at all (MALFORMED_RESPONSE), the fallback is asked, if
// there is one, and its answer verified too. Other errors are passed on as they are.
// Thread-safe if both sources are.
class VerifiedSource final : public TrampolineSource {
 public:
  // Neither is owned; both must outlive this. `fallback` may be null: then a rejection is an error,
  // that of CheckCode().
  explicit VerifiedSource(TrampolineSource* source, TrampolineSource* fallback = nullptr)
      : source_(source), fallback_(fallback) {}

  absl::StatusOr<Trampoline> Compile(const CompileRequest& request, absl::Time deadline) override;
  std::vector<absl::StatusOr<Trampoline>> CompileMany(absl::Span<const CompileRequest> requests,
                                                      absl::Time deadline) override;
  absl::StatusOr<Capabilities> GetCapabilities(absl::Time deadline) override;

 private:
  absl::StatusOr<Trampoline> Prove(const CompileRequest& request,
                                   absl::StatusOr<Trampoline> trampoline, absl::Time deadline);

  TrampolineSource* const source_;
  TrampolineSource* const fallback_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_VERIFIED_SOURCE_H_
