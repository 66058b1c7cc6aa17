// The hash that packs are written with: SipHash-2-4 as others compute it, and no other in the
// future.

#include "client/pack/stable_hash.h"

#include <gtest/gtest.h>

#include <string>

namespace springboard {
namespace {

std::string FirstBytes(size_t count) {
  std::string bytes;
  for (size_t i = 0; i < count; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

// For key 00..0f, of the bytes 00, 01, 02 ...; from `openssl mac -macopt size:8 SIPHASH`, whose
// output is these numbers with their lowest byte first.
TEST(StableHashTest, IsSipHash) {
  struct Case {
    size_t bytes;
    uint64_t hash;
  };
  for (const Case row :
       {Case{0, 0x726fdb47dd0e0e31}, Case{1, 0x74f839c593dc67fd}, Case{7, 0xab0200f58b01d137},
        Case{8, 0x93f5f5799a932462}, Case{15, 0xa129ca6149be45e5}, Case{16, 0x3f2acc7f57c29bdb},
        Case{63, 0x958a324ceb064572}}) {
    EXPECT_EQ(SipHash(0x0706050403020100, 0x0f0e0d0c0b0a0908).Of(FirstBytes(row.bytes)), row.hash)
        << row.bytes << " bytes";
  }
}

TEST(StableHashTest, HasTheKeyOfPacks) {
  EXPECT_EQ(StableHash(""), 0xa992fe3f97440a6d) << "another key makes every pack unreadable";
  EXPECT_NE(StableHash("a"), StableHash(std::string("a\0", 2)));
}

}  // namespace
}  // namespace springboard
