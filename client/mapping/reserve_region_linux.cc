#include <unistd.h>

#include <cerrno>

#include "client/mapping/anonymous_region.h"
#include "client/mapping/dual_region.h"
#include "client/mapping/file_region.h"
#include "client/mapping/mapping_way.h"

namespace springboard {

size_t PageBytes() {
  static const auto bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

ReservedRegion ReserveRegion(MappingWay way, size_t size, MapTime time, const char* directory) {
  const size_t pages = (size + PageBytes() - 1) / PageBytes() * PageBytes();
  switch (way) {
    case MappingWay::kSealedShared:
      return FileRegion::ReserveSealed(pages, time, FileRegion::Sharing::kShared);
    case MappingWay::kSealedPrivate:
      return FileRegion::ReserveSealed(pages, time, FileRegion::Sharing::kPrivate);
    case MappingWay::kDual:
      return DualRegion::Reserve(pages);
    case MappingWay::kTemporaryFile:
      return FileRegion::ReserveTemporary(pages, time, directory);
    case MappingWay::kAnonymous:
      if (time == MapTime::kAtReserve) break;
      return ReserveAnonymous(pages);
    case MappingWay::kStaticTable:
    case MappingWay::kEmbedder:
      break;
  }
  return MappingError{"reserve", ENOTSUP};
}

}  // namespace springboard
