#ifndef SPRINGBOARD_CLIENT_CLI_PACK_DIFF_H_
#define SPRINGBOARD_CLIENT_CLI_PACK_DIFF_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/pack/pack.h"

namespace springboard {

// What one pack has for a request, and what the other: places in their indexes.
struct PackDifference {
  enum class Kind { kRemoved, kAdded, kChanged };

  Kind kind;
  size_t before;  // Unless kAdded.
  size_t after;   // Unless kRemoved.
};

// By target, profile and signature. Takes memory for the differences alone. Error: that of the
// first entry of either which is damaged.
absl::StatusOr<std::vector<PackDifference>> ComparePacks(const Pack& before, const Pack& after);

// One of them as text:
//   -TARGET  PROFILE  SIGNATURE: BYTES
//   +TARGET  PROFILE  SIGNATURE: BYTES
//   !TARGET  PROFILE  SIGNATURE: BYTES; now BYTES
// and under the last the disassembly, whose lines begin with "-", "+" or a blank.
absl::StatusOr<std::string> DifferenceText(const Pack& before, const Pack& after,
                                           const PackDifference& difference);

// The same as one line of JSON, without a newline.
absl::StatusOr<std::string> DifferenceJson(const Pack& before, const Pack& after,
                                           const PackDifference& difference);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_CLI_PACK_DIFF_H_
