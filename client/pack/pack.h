#ifndef SPRINGBOARD_CLIENT_PACK_PACK_H_
#define SPRINGBOARD_CLIENT_PACK_PACK_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "client/pack/pack_format.h"
#include "compiler/compile_request.h"
#include "compiler/trampoline.h"

namespace springboard {

// A pack file that was read. The file may be anybody's: what is wrong with it is an error, and
// whether its code is right is for the verifier. Immutable, so thread-safe.
class Pack {
 public:
  // Errors, with the file's name in the message:
  //   NOT_FOUND            FILE_REFUSED: it cannot be opened or read
  //   FAILED_PRECONDITION  VERSION_MISMATCH: it is of another format
  //   DATA_LOSS            MALFORMED_PACK: it is no pack, or cut off
  static absl::StatusOr<Pack> Open(const std::string& path);

  // The same, of a file's bytes; `name` is for messages.
  static absl::StatusOr<Pack> Parse(std::string bytes, const std::string& name);

  // Errors: NOT_FOUND, NOT_IN_PACK; DATA_LOSS, MALFORMED_PACK (entries[i]).
  absl::StatusOr<Trampoline> Find(const CompileRequest& request) const;

  size_t size() const { return header_.entries; }
  uint32_t codegen_version() const { return header_.codegen_version; }

 private:
  Pack(std::string bytes, std::string name, const PackHeader& header)
      : bytes_(std::move(bytes)), name_(std::move(name)), header_(header) {}

  PackRow Row(size_t index) const;
  // Empty for a row that points out of the file.
  absl::string_view KeyOf(const PackRow& row) const;
  absl::Status Malformed(size_t index, absl::string_view what) const;

  std::string bytes_;
  std::string name_;
  PackHeader header_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_PACK_PACK_H_
