#ifndef SPRINGBOARD_CLIENT_PACK_PACK_H_
#define SPRINGBOARD_CLIENT_PACK_PACK_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/pack/checked_bits.h"
#include "client/pack/file_bytes.h"
#include "client/pack/pack_format.h"
#include "compiler/compile_request.h"
#include "compiler/trampoline.h"

namespace springboard {

// An entry where it lies in the file: valid as long as its Pack.
class PackEntry {
 public:
  PackEntry() = default;
  // `bytes` has at least a header and the key.
  PackEntry(absl::string_view bytes, size_t key_bytes, uint64_t offset)
      : bytes_(bytes), key_bytes_(key_bytes), offset_(offset) {}

  absl::string_view key() const { return bytes_.substr(sizeof(PackEntryHeader), key_bytes_); }
  absl::string_view code() const { return bytes_.substr(sizeof(PackEntryHeader) + key_bytes_); }
  PackEntryHeader layout() const {
    PackEntryHeader header;
    std::memcpy(&header, bytes_.data(), sizeof(header));
    return header;
  }
  // All of it, in the file.
  absl::string_view bytes() const { return bytes_; }
  uint64_t offset() const { return offset_; }

 private:
  absl::string_view bytes_;
  size_t key_bytes_ = 0;
  uint64_t offset_ = 0;
};

// A pack file, mapped. The file may be anybody's: what is wrong with it is an error, and whether
// its code is right is for the verifier. What is damaged is found when it is first used; Pack alone
// does not find out whether the index is sorted and the SHA-256 is right: CheckPack() does.
// Movable. Immutable but for the memory of what was checked, so thread-safe.
class Pack {
 public:
  // Takes as long for many entries as for few. Whether the file is mapped: see FileBytes. Errors,
  // with the file's name in the message:
  //   NOT_FOUND            FILE_REFUSED: it cannot be opened or read
  //   FAILED_PRECONDITION  VERSION_MISMATCH: it is of another format
  //   DATA_LOSS            MALFORMED_PACK: it is no pack, cut off or damaged
  static absl::StatusOr<Pack> Open(const std::string& path);

  // The same, of a file's bytes; `name` is for messages.
  static absl::StatusOr<Pack> Parse(std::string bytes, const std::string& name);

  // Errors: NOT_FOUND, NOT_IN_PACK; DATA_LOSS, MALFORMED_PACK (entries[i] or index).
  absl::StatusOr<Trampoline> Find(const CompileRequest& request) const;

  // The same, in place.
  absl::StatusOr<PackEntry> Lookup(const CompileRequest& request) const;

  // By its place in the index, less than size(). Error: DATA_LOSS, MALFORMED_PACK (entries[i]).
  absl::StatusOr<PackEntry> Entry(size_t index) const;

  // What an entry of this pack is for. Error: DATA_LOSS, MALFORMED_PACK, if the key says nothing
  // that can be asked for.
  absl::StatusOr<CompileRequest> RequestOf(const PackEntry& entry) const;

  // `request` is what the entry is for.
  Trampoline TrampolineOf(const PackEntry& entry, const CompileRequest& request) const;

  size_t size() const { return header_.entries; }
  uint32_t codegen_version() const { return header_.codegen_version; }
  const PackHeader& header() const { return header_; }
  const std::string& name() const { return name_; }
  absl::string_view bytes() const { return file_.bytes(); }
  bool is_mapped() const { return file_.is_mapped(); }

 private:
  Pack(FileBytes file, std::string name, const PackHeader& header);

  static absl::StatusOr<Pack> Parse(FileBytes file, const std::string& name);

  // False if the page with these bytes of the fan-out and the index is damaged.
  bool IsPageGood(uint64_t offset) const;
  // False if their pages are damaged.
  bool ReadFanOut(uint64_t bucket, uint64_t& first_row) const;
  bool ReadRow(uint64_t index, PackRow& row) const;

  // The bytes of an entry; none if its row and the next do not say so.
  absl::string_view EntryBytes(uint64_t index, const PackRow& row, const PackRow& next) const;
  absl::Status CheckEntry(uint64_t index, const PackRow& row, absl::string_view entry) const;
  // The entry of these rows, which is checked when it is first used.
  absl::StatusOr<PackEntry> CheckedEntry(uint64_t index, const PackRow& row,
                                         const PackRow& next) const;
  absl::Status MalformedEntry(uint64_t index, absl::string_view what) const;
  absl::Status MalformedIndex(absl::string_view what) const;
  absl::Status NotInPack(const CompileRequest& request) const;

  FileBytes file_;
  std::string name_;
  PackHeader header_;
  int fan_out_bits_;
  // Of the sections, in the file.
  uint64_t rows_offset_;
  uint64_t pages_offset_;
  CheckedBits good_pages_;
  CheckedBits good_entries_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_PACK_PACK_H_
