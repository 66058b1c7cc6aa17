#include "client/pack/pack.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

constexpr uint32_t kSlotBytes = 8;

absl::Status NoPack(const std::string& name, absl::string_view why) {
  return MakeError(absl::StatusCode::kDataLoss, reason::kMalformedPack, "",
                   absl::StrCat(name, " is no pack: ", why));
}

absl::Status Unreadable(const std::string& path, absl::string_view why) {
  return MakeError(absl::StatusCode::kNotFound, reason::kFileRefused, "pack",
                   absl::StrCat("cannot read ", path, ": ", why));
}

}  // namespace

absl::StatusOr<Pack> Pack::Open(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return Unreadable(path, std::strerror(errno));
  const std::streamoff size = file.tellg();
  // A folder says that it is very large.
  if (size < 0 || static_cast<uint64_t>(size) > kMaxPackBytes) {
    return Unreadable(path, absl::StrCat("it must be a file of up to ", kMaxPackBytes, " bytes"));
  }
  std::string bytes(static_cast<size_t>(size), '\0');
  file.seekg(0);
  file.read(bytes.data(), size);
  if (!file) return Unreadable(path, "it became shorter, or the disk failed");
  return Parse(std::move(bytes), path);
}

absl::StatusOr<Pack> Pack::Parse(std::string bytes, const std::string& name) {
  PackHeader header = {};
  if (bytes.size() < sizeof(header)) {
    return NoPack(name, absl::StrCat("it has ", bytes.size(), " bytes"));
  }
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (std::memcmp(header.magic, kPackMagic, sizeof(kPackMagic)) != 0) {
    return NoPack(name, "it does not begin with SPRBPACK");
  }
  if (header.format != kPackFormat) {
    return MakeError(absl::StatusCode::kFailedPrecondition, reason::kVersionMismatch, "pack",
                     absl::StrCat(name, " has pack format ", header.format,
                                  "; this client reads format ", kPackFormat));
  }
  if (header.file_bytes != bytes.size()) {
    return NoPack(name, absl::StrCat("it says that it has ", header.file_bytes, " bytes; it has ",
                                     bytes.size()));
  }
  if (header.entries > (bytes.size() - sizeof(header)) / sizeof(PackRow)) {
    return NoPack(name, absl::StrCat("an index of ", header.entries,
                                     " entries does not fit into its ", bytes.size(), " bytes"));
  }
  return Pack(std::move(bytes), name, header);
}

PackRow Pack::Row(size_t index) const {
  PackRow row;
  std::memcpy(&row, bytes_.data() + sizeof(PackHeader) + index * sizeof(row), sizeof(row));
  return row;
}

absl::string_view Pack::KeyOf(const PackRow& row) const {
  if (row.offset > bytes_.size() || row.key_bytes > bytes_.size() - row.offset) return {};
  return absl::string_view(bytes_).substr(row.offset, row.key_bytes);
}

absl::Status Pack::Malformed(size_t index, absl::string_view what) const {
  return MakeError(absl::StatusCode::kDataLoss, reason::kMalformedPack,
                   absl::StrCat("entries[", index, "]"),
                   absl::StrCat(name_, ": entry ", index, ": ", what));
}

absl::StatusOr<Trampoline> Pack::Find(const CompileRequest& request) const {
  const std::string key = RequestKey(request);
  size_t begin = 0;
  size_t end = header_.entries;
  while (begin < end) {
    const size_t middle = begin + (end - begin) / 2;
    if (KeyOf(Row(middle)) < key) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  const PackRow row = begin < header_.entries ? Row(begin) : PackRow{};
  if (KeyOf(row) != key) {
    return MakeError(absl::StatusCode::kNotFound, reason::kNotInPack, "signature",
                     absl::StrCat(name_, " has no trampoline of ", request.signature.ToString(),
                                  " for ", ToString(request.target)));
  }
  const size_t code_offset = row.offset + row.key_bytes;
  if (row.code_bytes > bytes_.size() - code_offset) return Malformed(begin, "its code is cut off");
  if (row.code_bytes < kSlotBytes || row.callee_offset_bytes > row.code_bytes - kSlotBytes) {
    return Malformed(begin,
                     absl::StrCat("the callee's 8 bytes must lie in the code of ", row.code_bytes,
                                  " bytes; got offset ", row.callee_offset_bytes));
  }
  const auto* const code = reinterpret_cast<const uint8_t*>(bytes_.data()) + code_offset;
  return Trampoline{CodeBytes(code, code + row.code_bytes),
                    {RelocationKind::kAbsolute64, row.callee_offset_bytes},
                    row.alignment_bytes,
                    request.target,
                    request.profile,
                    row.frame_bytes,
                    row.is_tail_call != 0,
                    header_.codegen_version};
}

}  // namespace springboard
