#ifndef SPRINGBOARD_CLIENT_PACK_PACK_FORMAT_H_
#define SPRINGBOARD_CLIENT_PACK_PACK_FORMAT_H_

#include <cstddef>
#include <cstdint>

// A pack: trampolines in a file. Numbers are little-endian, as are all hosts that can run them.
//
//   PackHeader
//   PackRow x entries, sorted by their keys as bytes
//   for each row, where it says: the key (RequestKey()), and behind it the code

namespace springboard {

inline constexpr char kPackMagic[] = {'S', 'P', 'R', 'B', 'P', 'A', 'C', 'K'};
inline constexpr uint32_t kPackFormat = 1;

// More could not be told from a hostile file, and is no pack of ours.
inline constexpr size_t kMaxPackBytes = size_t{1} << 30;

struct PackHeader {
  char magic[8];
  uint32_t format;
  uint32_t codegen_version;  // Of every entry.
  uint64_t file_bytes;
  uint64_t entries;
};
static_assert(sizeof(PackHeader) == 32);

struct PackRow {
  uint64_t offset;  // Of the key, in the file.
  uint32_t key_bytes;
  uint32_t code_bytes;
  uint32_t callee_offset_bytes;
  uint32_t alignment_bytes;
  uint32_t frame_bytes;
  uint32_t is_tail_call;
};
static_assert(sizeof(PackRow) == 32);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_PACK_PACK_FORMAT_H_
