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
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_ARENA_CODE_MAPPER_H_
