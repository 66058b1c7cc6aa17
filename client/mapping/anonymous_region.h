#ifndef SPRINGBOARD_CLIENT_MAPPING_ANONYMOUS_REGION_H_
#define SPRINGBOARD_CLIENT_MAPPING_ANONYMOUS_REGION_H_

#include "client/mapping/code_region.h"

namespace springboard {

// Pages that are writable, and after Seal() and Map() executable instead. On Windows they are
// wherever there is room.
ReservedRegion ReserveAnonymous(size_t size, std::optional<Neighborhood> neighborhood);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MAPPING_ANONYMOUS_REGION_H_
