#ifndef SPRINGBOARD_CLIENT_PACK_PACK_FORMAT_H_
#define SPRINGBOARD_CLIENT_PACK_PACK_FORMAT_H_

#include <cstddef>
#include <cstdint>

// A pack: trampolines in a file that is used where it is mapped. Numbers are little-endian, as are
// all hosts that can run the code.
//
//   PackHeader
//   entries     each a PackEntryHeader, the key (RequestKey()) and the code, one right behind the
//               other in the order of the index
//   zeros       up to the next multiple of kPackPageBytes
//   fan-out     uint32 x FanOutBuckets(): where in the index the first row is whose hash begins
//               with the bucket's number, and zeros up to a multiple of 16 bytes
//   index       PackRow x entries, ascending by hash, and by key where hashes are the same; and one
//               more with the offset at which the entries end
//   pages       uint64 x PackPages(): StableHash() of every kPackPageBytes of fan-out and index,
//               the last of which may be shorter
//
// The entries are in front since they are written as they come; the index is known at the end. One
// request and one codegen version give one entry, and entries give one file, so packs are the same
// wherever and in whatever order they were made.
//
// What a lookup reads: a number of the fan-out, the rows of its bucket, of which there are 2 to 4
// on average side by side, and the entry.
//
// Two kinds of digests. Those that every lookup relies on are 64 bits of SipHash under a known key:
// they find damage by a disk or a wire, and cost less than the lookup. The header is hashed when a
// pack is opened, and with it the hash of the pages' hashes; a page when it is first used; an entry
// when it is first found. So opening does not take longer for a larger index, but for 1/512 of it.
// They do not tell who made a pack: whoever changes one can hash it again. Against that there is
// the verifier, which proves the code of every entry before it is mapped; and the SHA-256 of the
// whole, for those who pin a file: it is too slow to be checked at every start, and
// `springboard inspect --check` does it.

namespace springboard {

inline constexpr char kPackMagic[] = {'S', 'P', 'R', 'B', 'P', 'A', 'C', 'K'};
inline constexpr uint32_t kPackFormat = 2;

// More could not be told from a hostile file, and is no pack of ours: 5,000,000 entries take 1 GB.
inline constexpr uint64_t kMaxPackBytes = uint64_t{1} << 34;
inline constexpr uint64_t kMaxPackEntries = uint64_t{1} << 28;

inline constexpr size_t kPackPageBytes = 4096;
inline constexpr size_t kPackDigestBytes = 32;

struct PackHeader {
  char magic[8];
  uint32_t format;
  uint32_t codegen_version;  // Of every entry.
  uint64_t file_bytes;
  uint64_t entries;
  uint64_t index_offset;  // Of the fan-out, in the file.
  // SHA-256 of all that is behind the header, and then of the header with zeros for this and what
  // follows.
  uint8_t digest[kPackDigestBytes];
  uint64_t pages_hash;   // StableHash() of the pages' hashes.
  uint64_t header_hash;  // StableHash() of the header up to here.
};
static_assert(sizeof(PackHeader) == 88);

struct PackRow {
  uint64_t hash;    // StableHash() of the key.
  uint64_t offset;  // Of the entry, in the file.
};
static_assert(sizeof(PackRow) == 16);

struct PackEntryHeader {
  uint64_t entry_hash;  // StableHash() of what is behind this number, up to the entry's end.
  uint32_t callee_offset_bytes;
  uint32_t frame_bytes;
  uint16_t alignment_bytes;
  uint16_t key_bytes;
  uint8_t is_tail_call;
  uint8_t zero[3];
};
static_assert(sizeof(PackEntryHeader) == 24);

// A target, a profile, a result and up to Signature::kMaxParameters.
inline constexpr size_t kMaxPackKeyBytes = 3 + 256;
// No code is larger by far.
inline constexpr size_t kMaxPackCodeBytes = size_t{1} << 20;

// The bits of a hash that choose its bucket: of 2 to 4 rows on average.
constexpr int FanOutBits(uint64_t entries) {
  int bits = 0;
  while (entries >> (bits + 2) != 0) ++bits;
  return bits;
}

constexpr uint64_t FanOutBuckets(uint64_t entries) { return uint64_t{1} << FanOutBits(entries); }

constexpr uint64_t BucketOf(uint64_t hash, int fan_out_bits) {
  return fan_out_bits == 0 ? 0 : hash >> (64 - fan_out_bits);
}

constexpr uint64_t RoundedUp(uint64_t value, uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

// With the zeros behind it.
constexpr uint64_t FanOutBytes(uint64_t entries) {
  return RoundedUp(FanOutBuckets(entries) * sizeof(uint32_t), sizeof(PackRow));
}

// Of fan-out and index.
constexpr uint64_t PackIndexBytes(uint64_t entries) {
  return FanOutBytes(entries) + (entries + 1) * sizeof(PackRow);
}

constexpr uint64_t PackPages(uint64_t entries) {
  return RoundedUp(PackIndexBytes(entries), kPackPageBytes) / kPackPageBytes;
}

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_PACK_PACK_FORMAT_H_
