#ifndef SPRINGBOARD_CLIENT_TESTING_OWN_ADDRESS_H_
#define SPRINGBOARD_CLIENT_TESTING_OWN_ADDRESS_H_

#include <random>
#include <string>

#include "absl/strings/str_cat.h"

namespace springboard {

// An address to listen on that nobody else uses. Abstract names need no file system and vanish with
// the process. Random, since sandboxes share them, but not process ids.
inline std::string OwnAddress() {
  std::random_device random;
  return absl::StrCat("unix-abstract:springboard-", absl::Hex(random()), absl::Hex(random()));
}

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_TESTING_OWN_ADDRESS_H_
