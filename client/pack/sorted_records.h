#ifndef SPRINGBOARD_CLIENT_PACK_SORTED_RECORDS_H_
#define SPRINGBOARD_CLIENT_PACK_SORTED_RECORDS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/temporary_file.h"

namespace springboard {

// A value by which records are sorted: first by `hash`, then by `key`.
struct RecordView {
  uint64_t hash;
  absl::string_view key;
  absl::string_view value;
};

// Sorts more records than fit into memory: those that do are sorted and put behind those before
// them in a scratch file, and all of these runs are merged at the end. Memory: `run_bytes`, a tenth
// more for their order, and 256 KiB for each run at the end. Movable. Thread-compatible.
class SortedRecords {
 public:
  // Ends the walk with its error.
  using Visitor = std::function<absl::Status(const RecordView&)>;

  SortedRecords(TemporaryFile scratch, size_t run_bytes);

  // Error: those of TemporaryFile. A key and a value are up to 2 GiB.
  absl::Status Add(const RecordView& record);

  // Calls `visit` for all in order, the same once. Once, at the end. Errors: those of `visit` and
  // of TemporaryFile; INTERNAL, COMPILER_DEFECT, if a key has two values.
  absl::Status Visit(const Visitor& visit);

 private:
  struct Place {
    uint64_t hash;
    uint32_t offset;  // In memory_.
  };
  struct Run {
    uint64_t begin;  // In the scratch file.
    uint64_t end;
  };

  RecordView At(uint32_t offset) const;
  absl::Status VisitMemory(const Visitor& visit);
  absl::Status SpillMemory();
  absl::Status Merge(const Visitor& visit) const;

  TemporaryFile scratch_;
  size_t run_bytes_;
  std::string memory_;
  std::vector<Place> places_;
  std::vector<Run> runs_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_PACK_SORTED_RECORDS_H_
