#ifndef SPRINGBOARD_CLIENT_ARENA_CODE_MAPPER_H_
#define SPRINGBOARD_CLIENT_ARENA_CODE_MAPPER_H_

#include <cstddef>

#include "client/mapping/code_region.h"

namespace springboard {

// Where an arena gets its pages from; an embedder that has its own allocator of code implements it.
// Thread-safe.
class CodeMapper {
 public:
  virtual ~CodeMapper() = default;

  // Pages for `size` bytes, at least 1. What cannot be mapped at the reservation refuses
  // MapTime::kAtReserve.
  virtual ReservedRegion Reserve(size_t size, MapTime time) = 0;

  // The same, if there is room for it in the neighborhood of what the code is to call: there it can
  // jump directly. For that the region's destination() must be known at once.
  virtual ReservedRegion ReserveNear(size_t size, MapTime time, Neighborhood /*neighborhood*/) {
    return Reserve(size, time);
  }
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_ARENA_CODE_MAPPER_H_
