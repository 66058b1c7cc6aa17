#include "client/arena/checked_reserve.h"

#include "client/mapping/mapping_way.h"

namespace springboard {

namespace {

bool IsMapped(const CodeRegion& region) {
  return region.address() != nullptr &&
         reinterpret_cast<uintptr_t>(region.address()) % PageBytes() == 0;
}

}  // namespace

ReservedRegion CheckedReserve(CodeMapper& mapper, size_t size, MapTime time,
                              std::optional<Neighborhood> neighborhood) {
  ReservedRegion reserved = neighborhood.has_value() ? mapper.ReserveNear(size, time, *neighborhood)
                                                     : mapper.Reserve(size, time);
  const auto* const region = std::get_if<std::unique_ptr<CodeRegion>>(&reserved);
  if (region == nullptr) return reserved;
  const bool is_usable = *region != nullptr && (*region)->size() >= size &&
                         (time == MapTime::kAfterSeal || IsMapped(**region));
  if (!is_usable) return MappingError{"CodeMapper::Reserve", EINVAL};
  return reserved;
}

MappingResult CheckedWriteAndMap(CodeRegion& region, const uint8_t* code, size_t size) {
  const uint8_t* const destination = region.destination();
  if (const MappingResult error = WriteAndMap(region, code, size)) return error;
  const bool is_there = destination == nullptr || region.address() == destination;
  if (!IsMapped(region) || !is_there) return MappingError{"CodeRegion::Map", EINVAL};
  return std::nullopt;
}

}  // namespace springboard
