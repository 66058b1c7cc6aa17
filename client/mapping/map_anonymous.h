#ifndef SPRINGBOARD_CLIENT_MAPPING_MAP_ANONYMOUS_H_
#define SPRINGBOARD_CLIENT_MAPPING_MAP_ANONYMOUS_H_

#include <cstddef>
#include <optional>

#include "client/mapping/code_region.h"
#include "client/mapping/mapped_memory.h"

namespace springboard {

// Private memory of zero bytes, in the neighborhood if one is given and there is room in it, else
// anywhere; whole pages, of the protection of mmap(). Empty, with errno, if it is refused. Linux.
MappedMemory MapAnonymous(size_t size, int protection, std::optional<Neighborhood> neighborhood);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MAPPING_MAP_ANONYMOUS_H_
