#include <windows.h>

#include "client/mapping/anonymous_region.h"
#include "client/mapping/mapping_way.h"

namespace springboard {

size_t PageBytes() {
  SYSTEM_INFO info;
  GetSystemInfo(&info);
  return info.dwPageSize;
}

// Windows has no files that can be sealed, and none of the others is of use without.
ReservedRegion ReserveRegion(MappingWay way, size_t size, MapTime time, const char* /*directory*/,
                             std::optional<Neighborhood> neighborhood) {
  if (way != MappingWay::kAnonymous || time == MapTime::kAtReserve) {
    return MappingError{"reserve", ERROR_NOT_SUPPORTED};
  }
  const size_t pages = (size + PageBytes() - 1) / PageBytes() * PageBytes();
  return ReserveAnonymous(pages, neighborhood);
}

}  // namespace springboard
