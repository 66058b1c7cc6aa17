#include <unistd.h>

#include <cerrno>

#include "client/mapping/anonymous_region.h"
#include "client/mapping/file_region.h"
#include "client/mapping/mapping_way.h"
#include "client/mapping/view_region.h"

namespace springboard {

namespace {

ReservedRegion ReserveSealed(size_t pages, bool at_once, FileRegion::Sharing sharing,
                             std::optional<Neighborhood> neighborhood) {
  return at_once ? ViewRegion::ReserveSealed(pages, sharing)
                 : FileRegion::ReserveSealed(pages, sharing, neighborhood);
}

}  // namespace

size_t PageBytes() {
  static const auto bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

ReservedRegion ReserveRegion(MappingWay way, size_t size, MapTime time, const char* directory,
                             std::optional<Neighborhood> neighborhood) {
  const size_t pages = (size + PageBytes() - 1) / PageBytes() * PageBytes();
  const bool at_once = time == MapTime::kAtReserve;
  switch (way) {
    case MappingWay::kSealedShared:
      return ReserveSealed(pages, at_once, FileRegion::Sharing::kShared, neighborhood);
    case MappingWay::kSealedPrivate:
      return ReserveSealed(pages, at_once, FileRegion::Sharing::kPrivate, neighborhood);
    case MappingWay::kDual:
      return ViewRegion::ReserveDual(pages);
    case MappingWay::kTemporaryFile:
      return at_once ? ViewRegion::ReserveTemporary(pages, directory)
                     : FileRegion::ReserveTemporary(pages, directory, neighborhood);
    case MappingWay::kAnonymous:
      if (at_once) break;
      return ReserveAnonymous(pages, neighborhood);
    case MappingWay::kStaticTable:
    case MappingWay::kEmbedder:
      break;
  }
  return MappingError{"reserve", ENOTSUP};
}

}  // namespace springboard
