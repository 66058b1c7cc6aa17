#ifndef SPRINGBOARD_TESTS_ATTACK_ATTACKS_H_
#define SPRINGBOARD_TESTS_ATTACK_ATTACKS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace springboard {

// Where a server listens.
struct AttackedServer {
  std::string plain;  // Without TLS.
  std::string tls;    // Empty if it is not reached.
};

// One way to do a server harm.
struct Attack {
  const char* name;
  // Attacks until then, and returns how many connections it took. Bounded in them.
  int (*run)(const AttackedServer& server, absl::Time until);
  // Whether it is about TLS.
  bool needs_tls = false;
};

const std::vector<Attack>& AllAttacks();

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_ATTACK_ATTACKS_H_
