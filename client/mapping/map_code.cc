#include <utility>

#include "client/mapping/mapping_way.h"

namespace springboard {

MappingResult WriteAndMap(CodeRegion& region, const uint8_t* code, size_t size) {
  MappingResult error = region.Write(0, code, size);
  if (!error) error = region.Seal();
  if (!error) error = region.Map();
  return error;
}

ReservedRegion MapCode(const uint8_t* code, size_t size) {
#ifdef _WIN32
  constexpr MappingWay kWay = MappingWay::kAnonymous;
#else
  constexpr MappingWay kWay = MappingWay::kSealedShared;
#endif
  ReservedRegion reserved = ReserveRegion(kWay, size, MapTime::kAfterSeal, nullptr);
  auto* const region = std::get_if<std::unique_ptr<CodeRegion>>(&reserved);
  if (region == nullptr) return reserved;
  if (const MappingResult error = WriteAndMap(**region, code, size)) return *error;
  return reserved;
}

}  // namespace springboard
