#ifndef SPRINGBOARD_TESTS_CONFORMANCE_ORACLE_RECORD_LAYOUT_H_
#define SPRINGBOARD_TESTS_CONFORMANCE_ORACLE_RECORD_LAYOUT_H_

#include <cstdint>

// What compiled callees keep of a call, in bytes from the record's start. Depends on nothing, since
// programs for other systems are built with it.

namespace springboard {

// Of argument i, at kSlotBytes * i: the argument, and behind it as C promotes it.
inline constexpr uint32_t kSlotBytes = 16;
inline constexpr uint32_t kPromotedOffset = 8;
inline constexpr uint32_t kRecordBytes = kSlotBytes * 256;
// Behind the arguments: what the callee returns, and how often it was called, 8 bytes each.
inline constexpr uint32_t kResultOffset = kRecordBytes;
inline constexpr uint32_t kCallsOffset = kRecordBytes + 8;

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CONFORMANCE_ORACLE_RECORD_LAYOUT_H_
