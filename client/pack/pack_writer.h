#ifndef SPRINGBOARD_CLIENT_PACK_PACK_WRITER_H_
#define SPRINGBOARD_CLIENT_PACK_PACK_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/pack/sorted_records.h"
#include "compiler/compile_request.h"
#include "compiler/trampoline.h"

namespace springboard {

// Writes a pack. Its bytes do not depend on the order of what is added, and its memory not on how
// much that is: it is sorted in portions of `run_bytes`, in files beside the pack, which take as
// much of the disk as the pack itself until it is there. The pack appears as a whole, or what was
// there stays: also if the process is killed, or the disk is full. A pack that somebody has mapped
// stays as it is under its map. Movable. Thread-compatible.
class PackWriter {
 public:
  static constexpr size_t kRunBytes = size_t{64} << 20;

  // `path` is the pack. Error: UNAVAILABLE, FILE_REFUSED (output), if there can be no file.
  static absl::StatusOr<PackWriter> Create(const std::string& path, size_t run_bytes = kRunBytes);

  // Adds one. The same again is the same entry. Errors, here or in Finish():
  //   FAILED_PRECONDITION  VERSION_MISMATCH: it is of another codegen version than those before it
  //   INVALID_ARGUMENT     OUT_OF_RANGE: it is more than the format holds
  //   INTERNAL             COMPILER_DEFECT: the same request came with another trampoline
  //   UNAVAILABLE          FILE_REFUSED (output): the disk is full, or the like
  absl::Status Add(const CompileRequest& request, const Trampoline& trampoline);

  // How often Add() was called; behind Finish() how many entries the pack has.
  size_t size() const { return size_; }

  // Replaces the file. Once, at the end.
  absl::Status Finish();

 private:
  PackWriter(std::string path, SortedRecords records)
      : path_(std::move(path)), records_(std::move(records)) {}

  std::string path_;
  SortedRecords records_;
  size_t size_ = 0;
  std::optional<uint32_t> codegen_version_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_PACK_PACK_WRITER_H_
