#ifndef SPRINGBOARD_CLIENT_MAPPING_ANONYMOUS_REGION_H_
#define SPRINGBOARD_CLIENT_MAPPING_ANONYMOUS_REGION_H_

#include "client/mapping/code_region.h"

namespace springboard {

// Pages that are writable, and after Seal() and Map() executable instead.
ReservedRegion ReserveAnonymous(size_t size);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MAPPING_ANONYMOUS_REGION_H_
