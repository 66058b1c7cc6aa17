#ifndef SPRINGBOARD_CLIENT_ARENA_CHECKED_RESERVE_H_
#define SPRINGBOARD_CLIENT_ARENA_CHECKED_RESERVE_H_

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "client/arena/code_mapper.h"

namespace springboard {

// What an embedder's mapper gives is looked at before it is used: no region, one that is too small,
// or one that is not at the start of a page is an error as if the system had refused.

// It gave pages that are in use.
inline constexpr MappingError kPagesInUse = {"CodeMapper::Reserve", EEXIST};

// mapper.Reserve(size, time).
ReservedRegion CheckedReserve(CodeMapper& mapper, size_t size, MapTime time,
                              std::optional<Neighborhood> neighborhood = std::nullopt);

// Maps the whole of `code`, with which the region starts, and sees to it that it has an address.
MappingResult CheckedWriteAndMap(CodeRegion& region, const uint8_t* code, size_t size);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_ARENA_CHECKED_RESERVE_H_
