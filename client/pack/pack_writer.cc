#include "client/pack/pack_writer.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/pack/pack_format.h"
#include "client/pack/sha256.h"
#include "client/pack/stable_hash.h"
#include "common/temporary_file.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

constexpr size_t kRowsAtOnce = 4096;

template <typename Value>
absl::string_view BytesOf(const Value& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

absl::Status TooLarge(absl::string_view what) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kOutOfRange, "output", what);
}

// The parts of a pack, as they are written from front to end.
class PackFile {
 public:
  PackFile(TemporaryFile output, TemporaryFile rows)
      : output_(std::move(output)), rows_(std::move(rows)) {}

  absl::Status Begin() { return output_.Append(std::string(sizeof(PackHeader), '\0')); }

  absl::Status AppendEntry(const RecordView& record) {
    const PackRow row = {record.hash, output_.size()};
    if (++entries_ > kMaxPackEntries || output_.size() + record.value.size() > kMaxPackBytes / 2) {
      return TooLarge(absl::StrCat("a pack has up to ", kMaxPackEntries, " entries in ",
                                   kMaxPackBytes, " bytes"));
    }
    absl::Status status = Append(record.value);
    return status.ok() ? rows_.Append(BytesOf(row)) : status;
  }

  absl::Status Finish(uint32_t codegen_version) {
    const PackRow end = {~uint64_t{0}, output_.size()};
    const uint64_t index_offset = RoundedUp(output_.size(), kPackPageBytes);
    absl::Status status = rows_.Append(BytesOf(end));
    if (status.ok()) status = Append(std::string(index_offset - output_.size(), '\0'));
    if (status.ok()) status = rows_.Flush();
    if (status.ok()) status = AppendFanOut();
    if (status.ok()) status = AppendRows();
    if (status.ok()) status = AppendPages();
    if (status.ok()) status = WriteHeader(codegen_version, index_offset);
    return status.ok() ? output_.Publish() : status;
  }

  size_t entries() const { return entries_; }

 private:
  absl::Status Append(absl::string_view bytes) {
    digest_.Add(bytes);
    return output_.Append(bytes);
  }

  // Fan-out and index, of which the pages are.
  absl::Status AppendIndex(absl::string_view bytes) {
    absl::Status status = Append(bytes);
    while (!bytes.empty()) {
      const size_t size = std::min(bytes.size(), kPackPageBytes - page_.size());
      page_.append(bytes.data(), size);
      bytes.remove_prefix(size);
      if (page_.size() == kPackPageBytes) EndPage();
    }
    return status;
  }

  void EndPage() {
    page_hashes_.push_back(StableHash(page_));
    page_.clear();
  }

  // Calls `visit` with portions of the first `count` rows, in order.
  template <typename Visitor>
  absl::Status VisitRows(uint64_t count, const Visitor& visit) {
    std::vector<PackRow> rows;
    for (uint64_t done = 0; done < count; done += rows.size()) {
      rows.resize(std::min<uint64_t>(kRowsAtOnce, count - done));
      absl::Status status =
          rows_.ReadAt(done * sizeof(PackRow), reinterpret_cast<char*>(rows.data()),
                       rows.size() * sizeof(PackRow));
      if (status.ok()) status = visit(rows);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status AppendFanOut() {
    const int bits = FanOutBits(entries_);
    // How many rows each bucket has, and then how many those before it have.
    std::vector<uint32_t> first_rows(FanOutBytes(entries_) / sizeof(uint32_t), 0);
    absl::Status status = VisitRows(entries_, [&](const std::vector<PackRow>& rows) {
      for (const PackRow& row : rows) ++first_rows[BucketOf(row.hash, bits)];
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    uint32_t sum = 0;
    for (uint64_t bucket = 0; bucket < FanOutBuckets(entries_); ++bucket) {
      const uint32_t count = std::exchange(first_rows[bucket], sum);
      sum += count;
    }
    return AppendIndex(
        {reinterpret_cast<const char*>(first_rows.data()), first_rows.size() * sizeof(uint32_t)});
  }

  absl::Status AppendRows() {
    return VisitRows(entries_ + 1, [this](const std::vector<PackRow>& rows) {
      return AppendIndex(
          {reinterpret_cast<const char*>(rows.data()), rows.size() * sizeof(PackRow)});
    });
  }

  absl::string_view PageBytes() const {
    return {reinterpret_cast<const char*>(page_hashes_.data()),
            page_hashes_.size() * sizeof(uint64_t)};
  }

  absl::Status AppendPages() {
    if (!page_.empty()) EndPage();
    return Append(PageBytes());
  }

  absl::Status WriteHeader(uint32_t codegen_version, uint64_t index_offset) {
    PackHeader header = {};
    std::memcpy(header.magic, kPackMagic, sizeof(kPackMagic));
    header.format = kPackFormat;
    header.codegen_version = codegen_version;
    header.file_bytes = output_.size();
    header.entries = entries_;
    header.index_offset = index_offset;
    digest_.Add(BytesOf(header));
    const std::optional<Sha256::Digest> digest = digest_.Finish();
    if (!digest.has_value()) {
      return MakeError(absl::StatusCode::kInternal, reason::kOutOfMemory, "output",
                       "OpenSSL cannot compute a SHA-256");
    }
    std::copy(digest->begin(), digest->end(), header.digest);
    header.pages_hash = StableHash(PageBytes());
    header.header_hash = StableHash(BytesOf(header).substr(0, offsetof(PackHeader, header_hash)));
    absl::Status status = output_.Flush();
    return status.ok() ? output_.Overwrite(0, BytesOf(header)) : status;
  }

  TemporaryFile output_;
  TemporaryFile rows_;  // They stand behind the entries, and in front of them what they sum up to.
  uint64_t entries_ = 0;
  Sha256 digest_;
  std::string page_;
  std::vector<uint64_t> page_hashes_;
};

}  // namespace

absl::StatusOr<PackWriter> PackWriter::Create(const std::string& path, size_t run_bytes) {
  absl::StatusOr<TemporaryFile> scratch = TemporaryFile::Create(path, TemporaryFile::Use::kScratch);
  if (!scratch.ok()) return scratch.status();
  return PackWriter(path, SortedRecords(*std::move(scratch), run_bytes));
}

absl::Status PackWriter::Add(const CompileRequest& request, const Trampoline& trampoline) {
  if (codegen_version_.value_or(trampoline.codegen_version) != trampoline.codegen_version) {
    return MakeError(absl::StatusCode::kFailedPrecondition, reason::kVersionMismatch, "",
                     absl::StrCat("a pack is of one codegen version; it has ", *codegen_version_,
                                  ", got ", trampoline.codegen_version));
  }
  codegen_version_ = trampoline.codegen_version;
  if (trampoline.code.size() > kMaxPackCodeBytes ||
      trampoline.alignment_bytes > std::numeric_limits<uint16_t>::max()) {
    return TooLarge(absl::StrCat("a pack has code of up to ", kMaxPackCodeBytes,
                                 " bytes, aligned to less than 65536; got ", trampoline.code.size(),
                                 " and ", trampoline.alignment_bytes));
  }
  const std::string key = RequestKey(request);
  PackEntryHeader header = {};
  header.callee_offset_bytes = trampoline.relocation.callee_offset_bytes;
  header.frame_bytes = trampoline.frame_bytes;
  header.alignment_bytes = static_cast<uint16_t>(trampoline.alignment_bytes);
  header.key_bytes = static_cast<uint16_t>(key.size());
  header.is_tail_call = trampoline.is_tail_call ? 1 : 0;
  std::string value(BytesOf(header));
  value += key;
  value.append(trampoline.code.begin(), trampoline.code.end());
  header.entry_hash = StableHash(absl::string_view(value).substr(sizeof(header.entry_hash)));
  std::memcpy(value.data(), &header.entry_hash, sizeof(header.entry_hash));
  absl::Status status = records_.Add({StableHash(key), key, value});
  if (status.ok()) ++size_;
  return status;
}

absl::Status PackWriter::Finish() {
  absl::StatusOr<TemporaryFile> output = TemporaryFile::Create(path_, TemporaryFile::Use::kOutput);
  if (!output.ok()) return output.status();
  absl::StatusOr<TemporaryFile> rows = TemporaryFile::Create(path_, TemporaryFile::Use::kScratch);
  if (!rows.ok()) return rows.status();
  PackFile file(*std::move(output), *std::move(rows));
  absl::Status status = file.Begin();
  if (status.ok()) {
    status = records_.Visit([&file](const RecordView& record) { return file.AppendEntry(record); });
  }
  if (status.ok()) status = file.Finish(codegen_version_.value_or(kCodegenVersion));
  if (status.ok()) size_ = file.entries();
  return status;
}

}  // namespace springboard
