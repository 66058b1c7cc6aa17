#ifndef SPRINGBOARD_CLIENT_VERIFIED_SOURCE_H_
#define SPRINGBOARD_CLIENT_VERIFIED_SOURCE_H_

#include <vector>

#include "client/trampoline_source.h"

namespace springboard {

// A source whose every trampoline is proven to be the one that was asked for. What another source
// gives is verified; a trampoline that is rejected is compiled by the fallback instead, if there is
// one, and its answer verified too. One for another target or profile is an error: INTERNAL,
// WRONG_TARGET (target). Everything else, errors of the source among them, is passed on as it is.
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
