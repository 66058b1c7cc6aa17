#include "client/cli/pack_diff.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/cli/disassembler.h"
#include "client/cli/pack_text.h"
#include "client/cli/trampoline_text.h"
#include "client/pack/stable_hash.h"

namespace springboard {
namespace {

// The most pairs of instructions that are compared; there is no such code but in a forged pack.
constexpr size_t kMaxPairs = size_t{1} << 24;

using Kind = PackDifference::Kind;
using Listing = std::vector<DisassembledInstruction>;

// By what an index is sorted.
using Order = std::pair<uint64_t, absl::string_view>;

Order OrderOf(const PackEntry& entry) { return {StableHash(entry.key()), entry.key()}; }

// A pack's entries in the order of its index.
class Cursor {
 public:
  explicit Cursor(const Pack& pack) : pack_(pack) {}

  // False at the end.
  absl::StatusOr<bool> Load() {
    if (index_ == pack_.size()) return false;
    const absl::StatusOr<PackEntry> entry = pack_.Entry(index_);
    if (!entry.ok()) return entry.status();
    entry_ = *entry;
    return true;
  }
  void Next() { ++index_; }

  size_t index() const { return index_; }
  const PackEntry& entry() const { return entry_; }

 private:
  const Pack& pack_;
  size_t index_ = 0;
  PackEntry entry_ = {};
};

bool HasSameText(const DisassembledInstruction& a, const DisassembledInstruction& b) {
  return a.bytes == b.bytes && a.text == b.text;
}

std::string Line(char mark, const DisassembledInstruction& instruction) {
  return absl::StrCat(std::string(1, mark), InstructionLine(instruction));
}

// How many instructions both have from each pair of them on, in the same order.
class CommonLengths {
 public:
  CommonLengths(const Listing& a, const Listing& b)
      : columns_(b.size() + 1), lengths_((a.size() + 1) * columns_, 0) {
    for (size_t i = a.size(); i-- > 0;) {
      for (size_t j = b.size(); j-- > 0;) {
        lengths_[i * columns_ + j] =
            HasSameText(a[i], b[j]) ? At(i + 1, j + 1) + 1 : std::max(At(i + 1, j), At(i, j + 1));
      }
    }
  }

  uint32_t At(size_t i, size_t j) const { return lengths_[i * columns_ + j]; }

 private:
  size_t columns_;
  std::vector<uint32_t> lengths_;
};

std::string DiffListings(const Listing& a, const Listing& b) {
  std::string text;
  size_t i = 0;
  size_t j = 0;
  if (a.size() * b.size() <= kMaxPairs) {
    const CommonLengths common(a, b);
    while (i < a.size() && j < b.size()) {
      if (HasSameText(a[i], b[j])) {
        text += Line(' ', b[j]);
        ++i;
        ++j;
      } else if (common.At(i + 1, j) >= common.At(i, j + 1)) {
        text += Line('-', a[i++]);
      } else {
        text += Line('+', b[j++]);
      }
    }
  }
  while (i < a.size()) text += Line('-', a[i++]);
  while (j < b.size()) text += Line('+', b[j++]);
  return text;
}

// Code that is none is shown as it is.
std::string DiffCode(const Trampoline& a, const Trampoline& b) {
  const absl::StatusOr<Listing> before = Disassemble(a);
  const absl::StatusOr<Listing> after = Disassemble(b);
  if (before.ok() && after.ok()) return DiffListings(*before, *after);
  return absl::StrCat("-", CodeHex(a), "\n+", CodeHex(b), "\n");
}

// The entries of a difference, and what they are for.
struct Sides {
  PackEntry before;
  PackEntry after;
  CompileRequest request;
};

absl::StatusOr<Sides> SidesOf(const Pack& before, const Pack& after,
                              const PackDifference& difference) {
  PackEntry entries[2] = {};
  if (difference.kind != Kind::kAdded) {
    const absl::StatusOr<PackEntry> entry = before.Entry(difference.before);
    if (!entry.ok()) return entry.status();
    entries[0] = *entry;
  }
  if (difference.kind != Kind::kRemoved) {
    const absl::StatusOr<PackEntry> entry = after.Entry(difference.after);
    if (!entry.ok()) return entry.status();
    entries[1] = *entry;
  }
  const bool is_added = difference.kind == Kind::kAdded;
  absl::StatusOr<CompileRequest> request =
      is_added ? after.RequestOf(entries[1]) : before.RequestOf(entries[0]);
  if (!request.ok()) return request.status();
  return Sides{entries[0], entries[1], *std::move(request)};
}

nlohmann::ordered_json EntryJson(const Pack& pack, const PackEntry& entry,
                                 const CompileRequest& request) {
  return {{"code", CodeHex(pack.TrampolineOf(entry, request))},
          {"callee_offset", entry.layout().callee_offset_bytes},
          {"alignment", entry.layout().alignment_bytes},
          {"frame_bytes", entry.layout().frame_bytes},
          {"is_tail_call", entry.layout().is_tail_call != 0}};
}

}  // namespace

absl::StatusOr<std::vector<PackDifference>> ComparePacks(const Pack& before, const Pack& after) {
  Cursor a(before);
  Cursor b(after);
  std::vector<std::pair<absl::string_view, PackDifference>> differences;
  while (true) {
    const absl::StatusOr<bool> has_a = a.Load();
    if (!has_a.ok()) return has_a.status();
    const absl::StatusOr<bool> has_b = b.Load();
    if (!has_b.ok()) return has_b.status();
    if (!*has_a && !*has_b) break;
    if (*has_a && (!*has_b || OrderOf(a.entry()) < OrderOf(b.entry()))) {
      differences.push_back({a.entry().key(), {Kind::kRemoved, a.index(), 0}});
      a.Next();
    } else if (!*has_a || OrderOf(b.entry()) < OrderOf(a.entry())) {
      differences.push_back({b.entry().key(), {Kind::kAdded, 0, b.index()}});
      b.Next();
    } else {
      if (a.entry().bytes() != b.entry().bytes()) {
        differences.push_back({a.entry().key(), {Kind::kChanged, a.index(), b.index()}});
      }
      a.Next();
      b.Next();
    }
  }
  std::stable_sort(differences.begin(), differences.end(),
                   [](const auto& x, const auto& y) { return x.first < y.first; });
  std::vector<PackDifference> sorted;
  sorted.reserve(differences.size());
  for (const auto& [key, difference] : differences) sorted.push_back(difference);
  return sorted;
}

absl::StatusOr<std::string> DifferenceText(const Pack& before, const Pack& after,
                                           const PackDifference& difference) {
  const absl::StatusOr<Sides> sides = SidesOf(before, after, difference);
  if (!sides.ok()) return sides.status();
  const std::string name = EntryName(sides->request);
  switch (difference.kind) {
    case Kind::kRemoved:
      return absl::StrCat("-", name, ": ", EntrySize(sides->before), "\n");
    case Kind::kAdded:
      return absl::StrCat("+", name, ": ", EntrySize(sides->after), "\n");
    case Kind::kChanged:
      break;
  }
  return absl::StrCat("!", name, ": ", EntrySize(sides->before), "; now ", EntrySize(sides->after),
                      "\n",
                      DiffCode(before.TrampolineOf(sides->before, sides->request),
                               after.TrampolineOf(sides->after, sides->request)));
}

absl::StatusOr<std::string> DifferenceJson(const Pack& before, const Pack& after,
                                           const PackDifference& difference) {
  const absl::StatusOr<Sides> sides = SidesOf(before, after, difference);
  if (!sides.ok()) return sides.status();
  constexpr const char* kKinds[] = {"removed", "added", "changed"};
  nlohmann::ordered_json json = {
      {"kind", kKinds[static_cast<size_t>(difference.kind)]},
      {"target", std::string(Info(sides->request.target).name)},
      {"caller_profile", std::string(Info(sides->request.profile).name)},
      {"signature", sides->request.signature.ToString()},
  };
  if (difference.kind != Kind::kAdded) {
    json["before"] = EntryJson(before, sides->before, sides->request);
  }
  if (difference.kind != Kind::kRemoved) {
    json["after"] = EntryJson(after, sides->after, sides->request);
  }
  return json.dump();
}

}  // namespace springboard
