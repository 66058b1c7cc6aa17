#include "client/cli/signature_file.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "client/cli/batch_file.h"
#include "compiler/error_details.h"

namespace springboard {

absl::StatusOr<std::vector<Signature>> ReadSignatures(const std::string& path) {
  absl::StatusOr<BatchFile> file = BatchFile::Open(path);
  if (!file.ok()) return file.status();
  std::vector<Signature> signatures;
  int number = 0;
  for (std::string text; std::getline(file->stream(), text);) {
    ++number;
    const absl::string_view line = absl::StripSuffix(text, "\r");
    if (line.empty() || line[0] == '#') continue;
    absl::StatusOr<Signature> signature = Signature::Parse(line);
    if (!signature.ok()) return WithFieldPrefix(signature.status(), absl::StrCat("line ", number));
    signatures.push_back(*std::move(signature));
  }
  const absl::Status whole = file->Finish();
  if (!whole.ok()) return whole;
  return signatures;
}

absl::StatusOr<std::vector<CompileRequest>> MakeRequests(absl::Span<const Signature> signatures,
                                                         absl::Span<const std::string> targets,
                                                         const std::string& profile) {
  const absl::StatusOr<CallerProfile> found_profile = FindCallerProfile(profile);
  if (!found_profile.ok()) return found_profile.status();
  std::vector<Target> found_targets;
  for (const std::string& name : targets) {
    const absl::StatusOr<Target> target = FindTarget(name);
    if (!target.ok()) return target.status();
    found_targets.push_back(*target);
  }
  std::vector<CompileRequest> requests;
  requests.reserve(signatures.size() * found_targets.size());
  for (const Signature& signature : signatures) {
    for (const Target target : found_targets) {
      requests.push_back({signature, target, *found_profile});
    }
  }
  return requests;
}

}  // namespace springboard
