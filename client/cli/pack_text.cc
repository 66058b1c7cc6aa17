#include "client/cli/pack_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "client/cli/disassembler.h"
#include "client/cli/output.h"
#include "client/cli/trampoline_text.h"
#include "client/pack/pack_format.h"
#include "compiler/call_layout.h"
#include "compiler/target.h"

namespace springboard {
namespace {

// Longer signatures push what is behind them to the right.
constexpr size_t kMaxSignatureWidth = 40;

std::string DigestOf(const Pack& pack) {
  const absl::string_view digest(reinterpret_cast<const char*>(pack.header().digest),
                                 kPackDigestBytes);
  return absl::BytesToHexString(digest);
}

std::string DigestOf(const PackEntry& entry) {
  return absl::StrFormat("%016x", entry.layout().entry_hash);
}

std::string Plural(size_t count, absl::string_view one, absl::string_view many) {
  return absl::StrCat(count, " ", count == 1 ? one : many);
}

// The entry at a place of the index, with what it is for.
struct Row {
  PackEntry entry;
  CompileRequest request;
};

absl::StatusOr<Row> RowAt(const Pack& pack, size_t index) {
  const absl::StatusOr<PackEntry> entry = pack.Entry(index);
  if (!entry.ok()) return entry.status();
  absl::StatusOr<CompileRequest> request = pack.RequestOf(*entry);
  if (!request.ok()) return request.status();
  return Row{*entry, *std::move(request)};
}

// The width of the column of signatures; an error if any entry cannot be read.
absl::StatusOr<size_t> SignatureWidth(const Pack& pack) {
  size_t width = absl::string_view("SIGNATURE").size();
  for (size_t i = 0; i < pack.size(); ++i) {
    const absl::StatusOr<Row> row = RowAt(pack, i);
    if (!row.ok()) return row.status();
    width = std::max(width, row->request.signature.ToString().size());
  }
  return std::min(width, kMaxSignatureWidth);
}

// A layout's lines, further to the right.
std::string Indented(absl::string_view lines) {
  std::string text;
  for (const char c : lines) {
    if (text.empty() || text.back() == '\n') text += "  ";
    text += c;
  }
  return text;
}

absl::StatusOr<std::string> EntryText(const Pack& pack, const PackEntry& entry,
                                      const CompileRequest& request) {
  const Trampoline trampoline = pack.TrampolineOf(entry, request);
  const absl::StatusOr<std::string> listing = DisassemblyListing(trampoline);
  if (!listing.ok()) return listing.status();
  const TargetInfo& target = Info(request.target);
  return absl::StrCat(
      request.signature.ToString(), " for ", target.name, ", called by ",
      Info(request.profile).name, ": ", EntrySize(entry), "\n  codegen version ",
      pack.codegen_version(), ", digest ", DigestOf(entry), ", at byte ", entry.offset(),
      " of the pack\n  alignment ", trampoline.alignment_bytes, ", callee's address at ",
      trampoline.relocation.callee_offset_bytes, "\nlayout of the caller\n",
      Indented(LayOutCaller(request.signature, target.caller(request.profile)).ToString()),
      "layout of the callee\n",
      Indented(LayOutCallee(request.signature, *target.callee).ToString()), "code\n  ",
      CodeHex(trampoline), "\ndisassembly\n", *listing);
}

}  // namespace

std::string PackSummary(const Pack& pack) {
  return absl::StrCat(Plural(pack.size(), "entry", "entries"), ", codegen version ",
                      pack.codegen_version(), ", format ", pack.header().format, ", ",
                      pack.header().file_bytes, " bytes, sha256 ", DigestOf(pack));
}

std::string EntryName(const CompileRequest& request) {
  return absl::StrCat(Info(request.target).name, "  ", Info(request.profile).name, "  ",
                      request.signature.ToString());
}

std::string EntrySize(const PackEntry& entry) {
  return absl::StrCat(entry.code().size(), " bytes, ",
                      entry.layout().is_tail_call != 0
                          ? "tail call"
                          : absl::StrCat("frame of ", entry.layout().frame_bytes));
}

absl::StatusOr<std::vector<size_t>> SortedEntries(const Pack& pack) {
  std::vector<std::pair<absl::string_view, size_t>> keys;
  keys.reserve(pack.size());
  for (size_t i = 0; i < pack.size(); ++i) {
    const absl::StatusOr<PackEntry> entry = pack.Entry(i);
    if (!entry.ok()) return entry.status();
    keys.emplace_back(entry->key(), i);
  }
  std::sort(keys.begin(), keys.end());
  std::vector<size_t> indexes;
  indexes.reserve(keys.size());
  for (const auto& [key, index] : keys) indexes.push_back(index);
  return indexes;
}

absl::Status PrintPackTable(const Pack& pack, std::ostream& output) {
  const absl::StatusOr<std::vector<size_t>> indexes = SortedEntries(pack);
  if (!indexes.ok()) return indexes.status();
  const absl::StatusOr<size_t> width = SignatureWidth(pack);
  if (!width.ok()) return width.status();
  output << EscapeControls(pack.name()) << ": " << PackSummary(pack) << "\n";
  const auto line = [&](absl::string_view target, absl::string_view profile,
                        absl::string_view signature, absl::string_view bytes,
                        absl::string_view frame, absl::string_view digest) {
    output << absl::StreamFormat("%-15s  %-7s  %-*s  %6s  %5s  %s\n", target, profile,
                                 static_cast<int>(*width), signature, bytes, frame, digest);
  };
  line("TARGET", "PROFILE", "SIGNATURE", "BYTES", "FRAME", "DIGEST");
  for (const size_t index : *indexes) {
    const absl::StatusOr<Row> row = RowAt(pack, index);
    if (!row.ok()) return row.status();
    const PackEntry& entry = row->entry;
    line(Info(row->request.target).name, Info(row->request.profile).name,
         row->request.signature.ToString(), absl::StrCat(entry.code().size()),
         entry.layout().is_tail_call != 0 ? "-" : absl::StrCat(entry.layout().frame_bytes),
         DigestOf(entry));
  }
  return absl::OkStatus();
}

absl::Status PrintPackJson(const Pack& pack, std::ostream& output) {
  using nlohmann::ordered_json;
  const absl::StatusOr<std::vector<size_t>> indexes = SortedEntries(pack);
  if (!indexes.ok()) return indexes.status();
  const absl::StatusOr<size_t> width = SignatureWidth(pack);
  if (!width.ok()) return width.status();
  const ordered_json head = {{"file", pack.name()},
                             {"format", pack.header().format},
                             {"codegen_version", pack.codegen_version()},
                             {"bytes", pack.header().file_bytes},
                             {"sha256", DigestOf(pack)}};
  const std::string text =
      head.dump(-1, ' ', /*ensure_ascii=*/false, ordered_json::error_handler_t::replace);
  // The entries are written as they come: there may be millions.
  output << text.substr(0, text.size() - 1) << ",\"entries\":[";
  absl::string_view separator = "\n";
  for (const size_t index : *indexes) {
    const absl::StatusOr<Row> row = RowAt(pack, index);
    if (!row.ok()) return row.status();
    const ordered_json entry = {
        {"target", std::string(Info(row->request.target).name)},
        {"caller_profile", std::string(Info(row->request.profile).name)},
        {"signature", row->request.signature.ToString()},
        {"bytes", row->entry.code().size()},
        {"frame_bytes", row->entry.layout().frame_bytes},
        {"is_tail_call", row->entry.layout().is_tail_call != 0},
        {"digest", DigestOf(row->entry)},
    };
    output << separator << entry.dump();
    separator = ",\n";
  }
  output << "\n]}\n";
  return absl::OkStatus();
}

absl::StatusOr<std::string> PackEntriesText(const Pack& pack,
                                            absl::Span<const CompileRequest> requests) {
  std::string text;
  for (const CompileRequest& request : requests) {
    const absl::StatusOr<PackEntry> entry = pack.Lookup(request);
    if (!entry.ok()) return entry.status();
    const absl::StatusOr<std::string> part = EntryText(pack, *entry, request);
    if (!part.ok()) return part.status();
    absl::StrAppend(&text, text.empty() ? "" : "\n", *part);
  }
  return text;
}

absl::StatusOr<std::string> PackEntriesJson(const Pack& pack,
                                            absl::Span<const CompileRequest> requests) {
  std::string text = "[";
  for (const CompileRequest& request : requests) {
    const absl::StatusOr<Trampoline> trampoline = pack.Find(request);
    if (!trampoline.ok()) return trampoline.status();
    const absl::StatusOr<std::string> part =
        FormatTrampoline(*trampoline, request.signature, OutputFormat::kJson);
    if (!part.ok()) return part.status();
    absl::StrAppend(&text, text.size() == 1 ? "\n" : ",\n", absl::StripSuffix(*part, "\n"));
  }
  return text + "\n]\n";
}

}  // namespace springboard
