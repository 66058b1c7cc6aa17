#ifndef SPRINGBOARD_CLIENT_OBJECT_ARCHIVE_WRITER_H_
#define SPRINGBOARD_CLIENT_OBJECT_ARCHIVE_WRITER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace springboard {

// An object file in an archive.
struct ArchiveMember {
  std::string name;  // "__springboard_pow.o"
  std::string contents;
  std::vector<std::string> symbols;  // That it defines, as linkers know them.
};

enum class ArchiveFormat {
  kGnu,     // ELF's and COFF's.
  kDarwin,  // Mach-O's.
};

// A static archive with an index of its symbols, as "ar rcsD" and "llvm-ar --format=darwin rcsD"
// make it: without times and owners, the same bytes for the same members. Error: INVALID_ARGUMENT,
// OBJECT_TOO_LARGE, for one that would be of 4 GiB or more. Thread-safe.
absl::StatusOr<std::string> WriteArchive(absl::Span<const ArchiveMember> members,
                                         ArchiveFormat format);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_OBJECT_ARCHIVE_WRITER_H_
