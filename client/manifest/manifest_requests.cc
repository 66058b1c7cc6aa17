#include "client/manifest/manifest_requests.h"

#include <algorithm>

#include "client/host_target.h"
#include "client/manifest/symbol_rules.h"

namespace springboard {
namespace {

static_assert(kTargetCount <= 32, "targets are bits of 32");

uint32_t Bit(Target target) { return uint32_t{1} << static_cast<unsigned>(target); }

// A bit for each of the targets that a symbol is for.
uint32_t TargetBits(const ManifestSymbol& symbol, absl::Span<const Target> targets) {
  uint32_t bits = 0;
  for (const Target target : targets) {
    if (IsFor(symbol, target)) bits |= Bit(target);
  }
  return bits;
}

// Negative, zero or positive, in some order of profiles and signatures.
int Compare(const ManifestSymbol& a, const ManifestSymbol& b) {
  if (a.profile != b.profile) return a.profile < b.profile ? -1 : 1;
  if (a.signature.result() != b.signature.result()) {
    return a.signature.result() < b.signature.result() ? -1 : 1;
  }
  const absl::Span<const NativeType> left = a.signature.parameters();
  const absl::Span<const NativeType> right = b.signature.parameters();
  if (left == right) return 0;
  return left < right ? -1 : 1;
}

}  // namespace

std::vector<Target> TargetsOf(const Manifest& manifest, absl::Span<const Target> asked) {
  std::vector<Target> targets(asked.begin(), asked.end());
  SortTargets(targets);
  if (!targets.empty()) return targets;
  for (const TargetInfo& row : AllTargets()) {
    if (std::any_of(manifest.symbols.begin(), manifest.symbols.end(),
                    [&](const ManifestSymbol& symbol) {
                      return !symbol.targets.empty() && IsFor(symbol, row.target);
                    })) {
      targets.push_back(row.target);
    }
  }
  if (targets.empty() && HostTarget().has_value()) targets.push_back(*HostTarget());
  return targets;
}

ManifestRequests::ManifestRequests(const Manifest& manifest, absl::Span<const Target> targets)
    : manifest_(manifest) {
  const std::vector<ManifestSymbol>& symbols = manifest.symbols;
  std::vector<Group> all;
  all.reserve(symbols.size());
  for (size_t i = 0; i < symbols.size(); ++i) {
    const uint32_t bits = TargetBits(symbols[i], targets);
    if (bits != 0) all.push_back({static_cast<uint32_t>(i), bits});
  }
  std::sort(all.begin(), all.end(), [&](const Group& a, const Group& b) {
    return Compare(symbols[a.symbol], symbols[b.symbol]) < 0;
  });
  for (const Group& group : all) {
    if (!groups_.empty() && Compare(symbols[groups_.back().symbol], symbols[group.symbol]) == 0) {
      groups_.back().targets |= group.targets;
    } else {
      groups_.push_back(group);
    }
  }
  for (const Group& group : groups_) {
    for (const TargetInfo& row : AllTargets()) {
      if ((group.targets & Bit(row.target)) != 0) ++size_;
    }
  }
}

std::vector<CompileRequest> ManifestRequests::Next(size_t count) {
  std::vector<CompileRequest> requests;
  for (; next_group_ < groups_.size() && requests.size() < count; ++next_group_) {
    const Group& group = groups_[next_group_];
    const ManifestSymbol& symbol = manifest_.symbols[group.symbol];
    for (const TargetInfo& row : AllTargets()) {
      if ((group.targets & Bit(row.target)) == 0) continue;
      requests.push_back({symbol.signature, row.target, symbol.profile});
    }
  }
  return requests;
}

}  // namespace springboard
