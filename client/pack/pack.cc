#include "client/pack/pack.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/pack/stable_hash.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

constexpr uint32_t kSlotBytes = 8;
constexpr size_t kMinKeyBytes = 3;
// Two keys of one hash are one in 10^19; a hostile index might have all of them.
constexpr uint64_t kMaxRowsOfOneHash = 8;

absl::Status NoPack(const std::string& name, absl::string_view why) {
  return MakeError(absl::StatusCode::kDataLoss, reason::kMalformedPack, "",
                   absl::StrCat(name, " is no pack: ", why));
}

template <typename Value>
Value ReadAt(absl::string_view bytes, uint64_t offset) {
  Value value;
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

constexpr size_t kMinEntryBytes = sizeof(PackEntryHeader) + kMinKeyBytes + kSlotBytes;
constexpr size_t kMaxEntryBytes = sizeof(PackEntryHeader) + kMaxPackKeyBytes + kMaxPackCodeBytes;

// What is wrong with the sizes that a header says, for a file of `file_bytes`; nothing if they fit.
// The counts are bounded first, so that no sum wraps.
std::string SizesFault(const PackHeader& header, uint64_t file_bytes) {
  if (header.file_bytes != file_bytes) {
    return absl::StrCat("it says that it has ", header.file_bytes, " bytes; it has ", file_bytes);
  }
  if (header.entries > kMaxPackEntries) {
    return absl::StrCat("a pack has up to ", kMaxPackEntries, " entries; it says ", header.entries);
  }
  const uint64_t rest_bytes =
      PackIndexBytes(header.entries) + PackPages(header.entries) * sizeof(uint64_t);
  if (header.index_offset % kPackPageBytes != 0 || header.index_offset < sizeof(header) ||
      header.index_offset > file_bytes || rest_bytes != file_bytes - header.index_offset) {
    return absl::StrCat("an index of ", header.entries, " entries at ", header.index_offset,
                        " does not fit into its ", file_bytes, " bytes");
  }
  return "";
}

}  // namespace

absl::StatusOr<Pack> Pack::Open(const std::string& path) {
  absl::StatusOr<FileBytes> file = FileBytes::Open(path, kMaxPackBytes);
  if (!file.ok()) return file.status();
  return Parse(*std::move(file), path);
}

absl::StatusOr<Pack> Pack::Parse(std::string bytes, const std::string& name) {
  return Parse(FileBytes::Of(std::move(bytes)), name);
}

absl::StatusOr<Pack> Pack::Parse(FileBytes file, const std::string& name) {
  const absl::string_view bytes = file.bytes();
  const absl::string_view magic(kPackMagic, sizeof(kPackMagic));
  // The magic and the format are where they were in every format.
  constexpr size_t kVersionedBytes = offsetof(PackHeader, codegen_version);
  if (bytes.size() < kVersionedBytes) {
    return NoPack(name, absl::StrCat("it has ", bytes.size(), " bytes"));
  }
  if (bytes.substr(0, magic.size()) != magic) {
    return NoPack(name, "it does not begin with SPRBPACK");
  }
  const auto format = ReadAt<uint32_t>(bytes, offsetof(PackHeader, format));
  if (format != kPackFormat) {
    return MakeError(absl::StatusCode::kFailedPrecondition, reason::kVersionMismatch, "pack",
                     absl::StrCat(name, " has pack format ", format, "; this client reads format ",
                                  kPackFormat));
  }
  if (bytes.size() < sizeof(PackHeader)) {
    return NoPack(name, absl::StrCat("it has ", bytes.size(), " bytes"));
  }
  const auto header = ReadAt<PackHeader>(bytes, 0);
  const std::string fault = SizesFault(header, bytes.size());
  if (!fault.empty()) return NoPack(name, fault);
  if (StableHash(bytes.substr(0, offsetof(PackHeader, header_hash))) != header.header_hash) {
    return NoPack(name, "its header is damaged");
  }
  Pack pack(std::move(file), name, header);
  if (StableHash(pack.bytes().substr(pack.pages_offset_)) != header.pages_hash) {
    return NoPack(name, "the hashes of its pages are damaged");
  }
  return pack;
}

Pack::Pack(FileBytes file, std::string name, const PackHeader& header)
    : file_(std::move(file)),
      name_(std::move(name)),
      header_(header),
      fan_out_bits_(FanOutBits(header.entries)),
      rows_offset_(header.index_offset + FanOutBytes(header.entries)),
      pages_offset_(header.index_offset + PackIndexBytes(header.entries)),
      good_pages_(PackPages(header.entries)),
      good_entries_(header.entries) {}

bool Pack::IsPageGood(uint64_t offset) const {
  const uint64_t page = (offset - header_.index_offset) / kPackPageBytes;
  if (good_pages_.Has(page)) return true;
  const uint64_t begin = header_.index_offset + page * kPackPageBytes;
  const uint64_t size = std::min<uint64_t>(kPackPageBytes, pages_offset_ - begin);
  const auto expected = ReadAt<uint64_t>(bytes(), pages_offset_ + page * sizeof(uint64_t));
  if (StableHash(bytes().substr(begin, size)) != expected) return false;
  good_pages_.Set(page);
  return true;
}

bool Pack::ReadFanOut(uint64_t bucket, uint64_t& first_row) const {
  const uint64_t offset = header_.index_offset + bucket * sizeof(uint32_t);
  if (!IsPageGood(offset)) return false;
  first_row = ReadAt<uint32_t>(bytes(), offset);
  return true;
}

bool Pack::ReadRow(uint64_t index, PackRow& row) const {
  // No row lies in two pages.
  const uint64_t offset = rows_offset_ + index * sizeof(row);
  if (!IsPageGood(offset)) return false;
  row = ReadAt<PackRow>(bytes(), offset);
  return true;
}

absl::Status Pack::MalformedEntry(uint64_t index, absl::string_view what) const {
  return MakeError(absl::StatusCode::kDataLoss, reason::kMalformedPack,
                   absl::StrCat("entries[", index, "]"),
                   absl::StrCat(name_, ": entry ", index, ": ", what));
}

absl::Status Pack::MalformedIndex(absl::string_view what) const {
  return MakeError(absl::StatusCode::kDataLoss, reason::kMalformedPack, "index",
                   absl::StrCat(name_, ": its index ", what));
}

absl::Status Pack::NotInPack(const CompileRequest& request) const {
  return MakeError(absl::StatusCode::kNotFound, reason::kNotInPack, "signature",
                   absl::StrCat(name_, " has no trampoline of ", request.signature.ToString(),
                                " for ", ToString(request.target)));
}

absl::string_view Pack::EntryBytes(uint64_t index, const PackRow& row, const PackRow& next) const {
  if (row.offset < sizeof(PackHeader) || (index == 0 && row.offset != sizeof(PackHeader)) ||
      next.offset <= row.offset || next.offset > header_.index_offset) {
    return {};
  }
  return bytes().substr(row.offset, next.offset - row.offset);
}

absl::Status Pack::CheckEntry(uint64_t index, const PackRow& row, absl::string_view entry) const {
  if (entry.size() < kMinEntryBytes || entry.size() > kMaxEntryBytes) {
    return MalformedEntry(
        index, absl::StrCat("there is no entry of ", entry.size(), " bytes at byte ", row.offset));
  }
  const auto layout = ReadAt<PackEntryHeader>(entry, 0);
  if (StableHash(entry.substr(sizeof(layout.entry_hash))) != layout.entry_hash) {
    return MalformedEntry(index, "it is damaged");
  }
  if (layout.key_bytes < kMinKeyBytes || layout.key_bytes > kMaxPackKeyBytes ||
      layout.key_bytes > entry.size() - sizeof(layout) - kSlotBytes) {
    return MalformedEntry(
        index, absl::StrCat("it has ", entry.size(), " bytes, and a key of ", layout.key_bytes));
  }
  if (StableHash(entry.substr(sizeof(layout), layout.key_bytes)) != row.hash) {
    return MalformedEntry(index, "the index has another hash of its key");
  }
  const size_t code_bytes = entry.size() - sizeof(layout) - layout.key_bytes;
  if (layout.callee_offset_bytes > code_bytes - kSlotBytes) {
    return MalformedEntry(index,
                          absl::StrCat("the callee's 8 bytes must lie in the code of ", code_bytes,
                                       " bytes; got offset ", layout.callee_offset_bytes));
  }
  const bool is_zero = layout.zero[0] == 0 && layout.zero[1] == 0 && layout.zero[2] == 0;
  if (layout.is_tail_call > 1 || !is_zero) {
    return MalformedEntry(index, "what is yes or no is 1 or 0, and what is nothing is 0");
  }
  return absl::OkStatus();
}

absl::StatusOr<PackEntry> Pack::CheckedEntry(uint64_t index, const PackRow& row,
                                             const PackRow& next) const {
  const absl::string_view bytes = EntryBytes(index, row, next);
  if (!good_entries_.Has(index)) {
    absl::Status status = CheckEntry(index, row, bytes);
    if (!status.ok()) return status;
    good_entries_.Set(index);
  }
  return PackEntry(bytes, ReadAt<PackEntryHeader>(bytes, 0).key_bytes, row.offset);
}

absl::StatusOr<PackEntry> Pack::Lookup(const CompileRequest& request) const {
  const std::string key = RequestKey(request);
  const uint64_t hash = StableHash(key);
  const uint64_t bucket = BucketOf(hash, fan_out_bits_);
  uint64_t begin = 0;
  uint64_t end = header_.entries;
  const bool is_last = bucket + 1 == uint64_t{1} << fan_out_bits_;
  if (!ReadFanOut(bucket, begin) || (!is_last && !ReadFanOut(bucket + 1, end))) {
    return MalformedIndex("is damaged");
  }
  if (begin > end || end > header_.entries) {
    return MalformedIndex(absl::StrCat("has a bucket from row ", begin, " to ", end));
  }
  // They may be in two cache lines, which are better loaded at once than one after the other.
  const char* const rows = bytes().data() + rows_offset_;
  __builtin_prefetch(rows + begin * sizeof(PackRow));
  __builtin_prefetch(rows + end * sizeof(PackRow));
  PackRow row = {};
  const uint64_t bucket_end = end;
  while (begin < end) {
    const uint64_t middle = begin + (end - begin) / 2;
    if (!ReadRow(middle, row)) return MalformedIndex("is damaged");
    if (row.hash < hash) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  const uint64_t last = std::min(bucket_end, begin + kMaxRowsOfOneHash);
  for (uint64_t index = begin; index < last; ++index) {
    PackRow next = {};
    if (!ReadRow(index, row) || !ReadRow(index + 1, next)) return MalformedIndex("is damaged");
    if (row.hash != hash) break;
    absl::StatusOr<PackEntry> entry = CheckedEntry(index, row, next);
    // Others may have the same hash: whoever wants two that do finds them in minutes.
    if (!entry.ok() || entry->key() == key) return entry;
  }
  return NotInPack(request);
}

absl::StatusOr<Trampoline> Pack::Find(const CompileRequest& request) const {
  const absl::StatusOr<PackEntry> entry = Lookup(request);
  if (!entry.ok()) return entry.status();
  return TrampolineOf(*entry, request);
}

absl::StatusOr<PackEntry> Pack::Entry(size_t index) const {
  PackRow row;
  PackRow next;
  if (!ReadRow(index, row) || !ReadRow(index + 1, next)) {
    return MalformedEntry(index, "its row in the index is damaged");
  }
  return CheckedEntry(index, row, next);
}

absl::StatusOr<CompileRequest> Pack::RequestOf(const PackEntry& entry) const {
  const auto fault = [&](absl::string_view what) {
    return MakeError(absl::StatusCode::kDataLoss, reason::kMalformedPack, "",
                     absl::StrCat(name_, ": the entry at byte ", entry.offset(), " is for ", what));
  };
  const absl::string_view key = entry.key();
  const auto target = static_cast<uint8_t>(key[0]);
  if (target >= kTargetCount) return fault(absl::StrCat("target ", target, ", which is none"));
  const auto profile = static_cast<uint8_t>(key[1]);
  if (profile >= AllCallerProfiles().size()) {
    return fault(absl::StrCat("profile ", profile, ", which is none"));
  }
  std::vector<NativeType> types;
  for (const char c : key.substr(2)) {
    const auto type = static_cast<uint8_t>(c);
    if (type >= kNativeTypes.size()) return fault(absl::StrCat("type ", type, ", which is none"));
    types.push_back(static_cast<NativeType>(type));
  }
  absl::StatusOr<Signature> signature =
      Signature::Create(absl::MakeConstSpan(types).subspan(1), types[0]);
  if (!signature.ok()) return fault(signature.status().message());
  return CompileRequest{*std::move(signature), static_cast<Target>(target),
                        static_cast<CallerProfile>(profile)};
}

Trampoline Pack::TrampolineOf(const PackEntry& entry, const CompileRequest& request) const {
  const PackEntryHeader layout = entry.layout();
  const auto* const code = reinterpret_cast<const uint8_t*>(entry.code().data());
  return Trampoline{CodeBytes(code, code + entry.code().size()),
                    {RelocationKind::kAbsolute64, layout.callee_offset_bytes},
                    layout.alignment_bytes,
                    request.target,
                    request.profile,
                    layout.frame_bytes,
                    layout.is_tail_call != 0,
                    header_.codegen_version};
}

}  // namespace springboard
