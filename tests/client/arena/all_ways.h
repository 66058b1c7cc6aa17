#ifndef SPRINGBOARD_TESTS_CLIENT_ARENA_ALL_WAYS_H_
#define SPRINGBOARD_TESTS_CLIENT_ARENA_ALL_WAYS_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "client/arena/refusal.h"
#include "client/mapping/mapping_way.h"

namespace springboard {

// Those of the library, in their order.
inline constexpr MappingWay kAllWays[] = {MappingWay::kSealedShared, MappingWay::kSealedPrivate,
                                          MappingWay::kDual,         MappingWay::kTemporaryFile,
                                          MappingWay::kAnonymous,    MappingWay::kStaticTable};

// For INSTANTIATE_TEST_SUITE_P.
inline std::string WayName(const testing::TestParamInfo<MappingWay>& way) {
  std::string name(Name(way.param));
  name.erase(std::remove(name.begin(), name.end(), '-'), name.end());
  return name;
}

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CLIENT_ARENA_ALL_WAYS_H_
