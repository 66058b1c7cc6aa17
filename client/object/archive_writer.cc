#include "client/object/archive_writer.h"

#include <cstddef>
#include <cstdint>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "client/object/byte_writer.h"
#include "compiler/error_details.h"

// The System V gABI's archives (7, "Archive File"), with GNU's table of long names, or with names
// and index of BSD's.

namespace springboard {
namespace {

constexpr absl::string_view kMagic = "!<arch>\n";
constexpr size_t kHeaderBytes = 60;
// With its slash a shorter one fits the header.
constexpr size_t kShortNameBytes = 15;
// What a member's contents are aligned to in Darwin's archives.
constexpr size_t kDarwinAlignment = 8;

constexpr int kFileMode = 0644;
constexpr int kTableMode = 0;

size_t RoundUp(size_t size, size_t alignment) {
  return (size + alignment - 1) / alignment * alignment;
}

// Dates and owners are zero.
std::string Header(absl::string_view name, int mode, size_t size) {
  return absl::StrFormat("%-16s%-12d%-6d%-6d%-8o%-10d`\n", name, 0, 0, 0, mode, size);
}

void AppendBigEndian(size_t value, std::string& bytes) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> shift));
}

std::string GnuArchive(absl::Span<const ArchiveMember> members) {
  std::string long_names;
  std::vector<std::string> names;
  size_t symbols = 0;
  std::string symbol_names;
  for (const ArchiveMember& member : members) {
    if (member.name.size() <= kShortNameBytes) {
      names.push_back(absl::StrCat(member.name, "/"));
    } else {
      names.push_back(absl::StrCat("/", long_names.size()));
      absl::StrAppend(&long_names, member.name, "/\n");
    }
    symbols += member.symbols.size();
    for (const std::string& symbol : member.symbols) {
      symbol_names.append(symbol.c_str(), symbol.size() + 1);
    }
  }
  const size_t index_bytes = RoundUp(4 + 4 * symbols + symbol_names.size(), 2);
  if (long_names.size() % 2 != 0) long_names.push_back('\n');
  size_t offset = kMagic.size() + kHeaderBytes + index_bytes;
  if (!long_names.empty()) offset += kHeaderBytes + long_names.size();

  std::string bytes = absl::StrCat(kMagic, Header("/", kTableMode, index_bytes));
  AppendBigEndian(symbols, bytes);
  for (const ArchiveMember& member : members) {
    for (size_t i = 0; i < member.symbols.size(); ++i) AppendBigEndian(offset, bytes);
    offset += kHeaderBytes + RoundUp(member.contents.size(), 2);
  }
  bytes += symbol_names;
  if (bytes.size() % 2 != 0) bytes.push_back('\0');
  if (!long_names.empty()) {
    absl::StrAppendFormat(&bytes, "%-48s%-10d`\n", "//", long_names.size());
    bytes += long_names;
  }
  for (size_t i = 0; i < members.size(); ++i) {
    bytes += Header(names[i], kFileMode, members[i].contents.size());
    bytes += members[i].contents;
    if (bytes.size() % 2 != 0) bytes.push_back('\n');
  }
  return bytes;
}

// The name of a member that begins at `offset`: it stands in front of the contents, padded so that
// they are aligned.
std::string DarwinName(absl::string_view name, size_t offset) {
  const size_t end = offset + kHeaderBytes + name.size();
  return absl::StrCat(name, std::string(RoundUp(end, kDarwinAlignment) - end, '\0'));
}

std::string DarwinHeader(const std::string& name, int mode, size_t contents_bytes) {
  return absl::StrCat(Header(absl::StrCat("#1/", name.size()), mode, name.size() + contents_bytes),
                      name);
}

std::string DarwinArchive(absl::Span<const ArchiveMember> members) {
  size_t symbols = 0;
  std::string symbol_names;
  for (const ArchiveMember& member : members) {
    symbols += member.symbols.size();
    for (const std::string& symbol : member.symbols) {
      symbol_names.append(symbol.c_str(), symbol.size() + 1);
    }
  }
  const size_t names_bytes = symbol_names.size();
  symbol_names.resize(RoundUp(names_bytes, kDarwinAlignment));
  const std::string index_name = DarwinName("__.SYMDEF", kMagic.size());
  const size_t index_bytes = 4 + 8 * symbols + 4 + symbol_names.size();
  const size_t begin = kMagic.size() + kHeaderBytes + index_name.size() + index_bytes;

  ByteWriter writer;
  writer.Bytes(kMagic);
  writer.Bytes(DarwinHeader(index_name, kTableMode, index_bytes));
  writer.U32(static_cast<uint32_t>(8 * symbols));
  size_t offset = begin;
  size_t name_offset = 0;
  for (const ArchiveMember& member : members) {
    for (const std::string& symbol : member.symbols) {
      writer.U32(static_cast<uint32_t>(name_offset));
      writer.U32(static_cast<uint32_t>(offset));
      name_offset += symbol.size() + 1;
    }
    offset += kHeaderBytes + DarwinName(member.name, offset).size() +
              RoundUp(member.contents.size(), kDarwinAlignment);
  }
  writer.U32(static_cast<uint32_t>(names_bytes));
  writer.Bytes(symbol_names);
  for (const ArchiveMember& member : members) {
    const std::string name = DarwinName(member.name, writer.size());
    const size_t contents_bytes = RoundUp(member.contents.size(), kDarwinAlignment);
    writer.Bytes(DarwinHeader(name, kFileMode, contents_bytes));
    writer.Bytes(member.contents);
    writer.Align(kDarwinAlignment);
  }
  return writer.Take();
}

}  // namespace

absl::StatusOr<std::string> WriteArchive(absl::Span<const ArchiveMember> members,
                                         ArchiveFormat format) {
  // An upper bound: an index entry has 8 bytes at most, and names are there twice at most.
  size_t size = kMagic.size() + 2 * kHeaderBytes;
  for (const ArchiveMember& member : members) {
    size += kHeaderBytes + 2 * member.name.size() + member.contents.size() + 2 * kDarwinAlignment;
    for (const std::string& symbol : member.symbols) size += symbol.size() + 1 + 8;
  }
  if (size > std::numeric_limits<uint32_t>::max()) {
    return MakeError(absl::StatusCode::kInvalidArgument, reason::kObjectTooLarge, "functions",
                     absl::StrCat("an archive has less than 4 GiB; got ", size, " bytes of ",
                                  members.size(), " functions"));
  }
  return format == ArchiveFormat::kGnu ? GnuArchive(members) : DarwinArchive(members);
}

}  // namespace springboard
