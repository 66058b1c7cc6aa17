#include "client/manifest/symbol_rules.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/manifest/place.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

constexpr size_t kMaxNameBytes = 4096;

bool IsSpaceOrControl(char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7F; }

bool AreSame(const ManifestSymbol& a, const ManifestSymbol& b) {
  return a.signature == b.signature && a.profile == b.profile && a.targets == b.targets;
}

bool HaveCommonTarget(const ManifestSymbol& a, const ManifestSymbol& b) {
  if (a.targets.empty() || b.targets.empty()) return true;
  return std::any_of(a.targets.begin(), a.targets.end(),
                     [&](Target target) { return IsFor(b, target); });
}

// A symbol's text in a message: signature, profile and targets.
std::string Described(const ManifestSymbol& symbol) {
  constexpr size_t kMaxBytes = 200;
  std::string signature = symbol.signature.ToString();
  if (signature.size() > kMaxBytes) signature = signature.substr(0, kMaxBytes) + "...";
  return absl::StrCat(signature, " of ", Info(symbol.profile).name,
                      symbol.targets.empty() ? "" : " for ",
                      absl::StrJoin(symbol.targets, " ", [](std::string* out, Target target) {
                        absl::StrAppend(out, Info(target).name);
                      }));
}

absl::Status Duplicate(const ManifestSymbol& first, const ManifestSymbol& second) {
  return MalformedManifest(
      second.origin, second.name,
      absl::StrCat("a name has one signature and profile for a target; got ", Described(second),
                   ", and ", Described(first), " at ", first.origin),
      reason::kDuplicateSymbol);
}

// The symbols by name, those of one name in the order of the file.
std::vector<uint32_t> ByName(const std::vector<ManifestSymbol>& symbols) {
  std::vector<uint32_t> order(symbols.size());
  std::iota(order.begin(), order.end(), uint32_t{0});
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    const int difference = symbols[a].name.compare(symbols[b].name);
    return difference != 0 ? difference < 0 : a < b;
  });
  return order;
}

void Remove(std::vector<uint32_t> unwanted, std::vector<ManifestSymbol>& symbols) {
  if (unwanted.empty()) return;
  std::sort(unwanted.begin(), unwanted.end());
  size_t kept = 0;
  size_t next = 0;
  for (size_t i = 0; i < symbols.size(); ++i) {
    if (next < unwanted.size() && unwanted[next] == i) {
      ++next;
    } else {
      if (kept != i) symbols[kept] = std::move(symbols[i]);
      ++kept;
    }
  }
  symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(kept), symbols.end());
}

}  // namespace

absl::Status CheckSymbolName(absl::string_view name) {
  const auto wrong = [](absl::string_view message) {
    return MakeError(absl::StatusCode::kInvalidArgument, reason::kMalformedManifest, "name",
                     message);
  };
  if (name.empty() || name.size() > kMaxNameBytes) {
    return wrong(absl::StrCat("a name has 1 to ", kMaxNameBytes, " bytes; got ", name.size()));
  }
  if (std::any_of(name.begin(), name.end(), IsSpaceOrControl)) {
    return wrong(
        absl::StrCat("a name has no spaces and no control characters; got \"", Shown(name), "\""));
  }
  return absl::OkStatus();
}

absl::Status CheckSymbolCount(const Manifest& manifest) {
  if (manifest.symbols.size() < Manifest::kMaxSymbols) return absl::OkStatus();
  return MakeError(absl::StatusCode::kResourceExhausted, reason::kManifestTooLarge, "",
                   absl::StrCat("at most ", Manifest::kMaxSymbols, " symbols"));
}

void SortTargets(std::vector<Target>& targets) {
  std::sort(targets.begin(), targets.end());
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
}

bool IsFor(const ManifestSymbol& symbol, Target target) {
  return symbol.targets.empty() ||
         std::binary_search(symbol.targets.begin(), symbol.targets.end(), target);
}

absl::Status KeepEachOnce(Manifest& manifest) {
  const std::vector<ManifestSymbol>& symbols = manifest.symbols;
  const std::vector<uint32_t> order = ByName(symbols);
  std::vector<uint32_t> unwanted;
  // Those of one name that are kept: one for each target at most, so there are few.
  std::vector<uint32_t> kept;
  for (const uint32_t index : order) {
    const ManifestSymbol& symbol = symbols[index];
    if (!kept.empty() && symbols[kept.front()].name != symbol.name) kept.clear();
    bool is_new = true;
    for (const uint32_t other : kept) {
      if (AreSame(symbols[other], symbol)) {
        is_new = false;
      } else if (HaveCommonTarget(symbols[other], symbol)) {
        return Duplicate(symbols[other], symbol);
      }
    }
    (is_new ? kept : unwanted).push_back(index);
  }
  Remove(std::move(unwanted), manifest.symbols);
  return absl::OkStatus();
}

}  // namespace springboard
