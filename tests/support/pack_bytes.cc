#include "tests/support/pack_bytes.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/string_view.h"
#include "client/pack/stable_hash.h"
#include "compiler/compile.h"
#include "tests/support/files.h"

namespace springboard {
namespace {

template <typename Value>
Value Get(const std::string& bytes, size_t offset) {
  Value value;
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

template <typename Value>
void Set(const Value& value, size_t offset, std::string& bytes) {
  std::memcpy(bytes.data() + offset, &value, sizeof(value));
}

size_t RowOffset(const std::string& bytes, size_t index) {
  const PackHeader header = HeaderOf(bytes);
  return header.index_offset + FanOutBytes(header.entries) + index * sizeof(PackRow);
}

// Whether there is room for an index and its pages where the header says.
bool HasIndex(const PackHeader& header, size_t size) {
  if (header.entries > size || header.index_offset > size) return false;
  return PackIndexBytes(header.entries) + PackPages(header.entries) * sizeof(uint64_t) <=
         size - header.index_offset;
}

void SealEntries(std::string& bytes) {
  const PackHeader header = HeaderOf(bytes);
  for (size_t i = 0; i < header.entries; ++i) {
    const uint64_t begin = RowOf(bytes, i).offset;
    const uint64_t end = RowOf(bytes, i + 1).offset;
    // Between the header and the index, which get their hashes after this.
    if (begin < sizeof(PackHeader) || end > header.index_offset || begin > end) continue;
    if (end - begin < sizeof(PackEntryHeader)) continue;
    const absl::string_view entry = absl::string_view(bytes).substr(begin, end - begin);
    Set(StableHash(entry.substr(sizeof(uint64_t))), begin, bytes);
  }
}

void SealPages(PackHeader& header, std::string& bytes) {
  const absl::string_view index =
      absl::string_view(bytes).substr(header.index_offset, PackIndexBytes(header.entries));
  const size_t pages_offset = header.index_offset + index.size();
  const size_t pages = PackPages(header.entries);
  for (size_t i = 0; i < pages; ++i) {
    const uint64_t hash = StableHash(index.substr(i * kPackPageBytes, kPackPageBytes));
    Set(hash, pages_offset + i * sizeof(hash), bytes);
  }
  header.pages_hash = StableHash(absl::string_view(bytes).substr(pages_offset));
}

}  // namespace

absl::Status WritePack(const std::string& path, const std::vector<CompileRequest>& requests,
                       size_t run_bytes) {
  absl::StatusOr<PackWriter> writer = PackWriter::Create(path, run_bytes);
  if (!writer.ok()) return writer.status();
  for (const CompileRequest& request : requests) {
    absl::Status status = writer->Add(request, *Compile(request));
    if (!status.ok()) return status;
  }
  return writer->Finish();
}

std::string PackOf(const std::vector<CompileRequest>& requests) {
  const TemporaryFolder folder;
  const std::string path = folder.File("a.pack");
  return WritePack(path, requests).ok() ? ReadFile(path) : "";
}

PackHeader HeaderOf(const std::string& bytes) { return Get<PackHeader>(bytes, 0); }

void SetHeader(const PackHeader& header, std::string& bytes) { Set(header, 0, bytes); }

PackRow RowOf(const std::string& bytes, size_t index) {
  return Get<PackRow>(bytes, RowOffset(bytes, index));
}

void SetRow(size_t index, const PackRow& row, std::string& bytes) {
  Set(row, RowOffset(bytes, index), bytes);
}

PackEntryHeader EntryHeaderOf(const std::string& bytes, size_t index) {
  return Get<PackEntryHeader>(bytes, RowOf(bytes, index).offset);
}

void SetEntryHeader(size_t index, const PackEntryHeader& header, std::string& bytes) {
  Set(header, RowOf(bytes, index).offset, bytes);
}

void Seal(std::string& bytes) {
  if (bytes.size() < sizeof(PackHeader)) return;
  PackHeader header = HeaderOf(bytes);
  if (HasIndex(header, bytes.size())) {
    SealEntries(bytes);
    SealPages(header, bytes);
  }
  const absl::string_view hashed(reinterpret_cast<const char*>(&header),
                                 offsetof(PackHeader, header_hash));
  header.header_hash = StableHash(hashed);
  SetHeader(header, bytes);
}

}  // namespace springboard
