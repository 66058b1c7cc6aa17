#ifndef SPRINGBOARD_TESTS_SUPPORT_UNIQUE_NAME_H_
#define SPRINGBOARD_TESTS_SUPPORT_UNIQUE_NAME_H_

#include <random>
#include <string>

#include "absl/strings/str_cat.h"

namespace springboard {

// A name that no other test has, for sockets and files in folders that tests share. Short, since
// a socket's path has at most 107 bytes; random, since sandboxed tests share process ids too.
inline std::string UniqueName() {
  std::random_device random;
  return absl::StrCat("springboard-test-", absl::Hex(random()), absl::Hex(random()));
}

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_SUPPORT_UNIQUE_NAME_H_
