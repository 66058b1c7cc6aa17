#ifndef SPRINGBOARD_CLIENT_PACK_PACK_CHECK_H_
#define SPRINGBOARD_CLIENT_PACK_PACK_CHECK_H_

#include <cstddef>
#include <functional>

#include "absl/status/status.h"
#include "client/pack/pack.h"

namespace springboard {

// Who is told while a pack is checked; either may be empty.
struct PackCheckObserver {
  std::function<void(size_t checked_entries)> progress;  // Now and then.
  std::function<void(const absl::Status& fault)> fault;
};

// Whether a pack has the SHA-256 that it says: its header, over which no other digest is, and what
// is between its entries included. Reads all of it. Error: DATA_LOSS, MALFORMED_PACK (digest).
absl::Status CheckPackDigest(const Pack& pack);

// Checks all of a pack, which its reader does not before it is needed: the SHA-256 of the whole,
// the order of the index, that every entry is undamaged, asks for what there is, is found by a
// lookup, and has code that the verifier proves. Gives the number of faults. Errors of a fault:
//   DATA_LOSS            MALFORMED_PACK
//   FAILED_PRECONDITION  CODE_REJECTED: see CheckCode(), with entries[i] in front of the field
size_t CheckPack(const Pack& pack, const PackCheckObserver& observer);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_PACK_PACK_CHECK_H_
