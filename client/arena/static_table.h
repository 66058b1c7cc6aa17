#ifndef SPRINGBOARD_CLIENT_ARENA_STATIC_TABLE_H_
#define SPRINGBOARD_CLIENT_ARENA_STATIC_TABLE_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/arena/linker.h"

namespace springboard {

// Trampolines that are code of the program or library they are linked into, made at build time by
// `springboard static-table` or the Bazel rule springboard_static_table(). Each signature has so
// many copies, and each copy calls the function whose address is in its own 8 bytes of data: to
// bind one is to store an address. For processes that can map no code at all. The
// table's symbol is hidden: the program or library that it is linked into sees it, and no other.
//
// This is what the generated assembly holds. Offsets are from the table's first byte, so that the
// table needs no relocation.
struct StaticTable {
  static constexpr uint32_t kVersion = 1;
  static constexpr int kProbeResult = 0x5B;

  struct Entry {
    int32_t signature;  // Its text, without a terminator.
    uint32_t signature_bytes;
    int32_t code;  // Of the first copy.
    uint32_t stride_bytes;
    int32_t callees;  // An address of 8 bytes for each copy; 0: the copy is free.
    uint32_t copies;
  };

  uint32_t version;
  uint32_t target;   // As Target.
  uint32_t profile;  // As CallerProfile.
  uint32_t size;     // Of entries, by ascending text of their signatures.
  int32_t probe;     // A function that returns kProbeResult.
  Entry entries[];
};

// Error: FAILED_PRECONDITION, WRONG_TABLE: the table is for another target, or from another version
// of the generator.
//
// Its Link() uses of a request the signature, the trampoline's profile and the callee. Errors:
//   NOT_FOUND            SIGNATURE_NOT_IN_TABLE (signature)
//   RESOURCE_EXHAUSTED   STATIC_TABLE_FULL: every copy of the signature is in use
absl::StatusOr<std::unique_ptr<Linker>> MakeStaticLinker(const StaticTable& table);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_ARENA_STATIC_TABLE_H_
