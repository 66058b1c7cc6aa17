#ifndef SPRINGBOARD_TESTS_REPLICAS_OWN_NETWORK_H_
#define SPRINGBOARD_TESTS_REPLICAS_OWN_NETWORK_H_

#include <string>

#include "absl/status/status.h"

namespace springboard {

// Takes the calling thread, and what it starts from now on, into a network namespace of its own
// that has a loopback interface and nothing else; one without the right to do so into a user
// namespace too, which needs a process of one thread. Error: UNAVAILABLE, with what the system
// refused.
absl::Status EnterOwnNetwork();

// Gives an interface of the calling thread's network this address of a /24, unless it is empty, and
// makes it work. Error: as above.
absl::Status SetUpInterface(const std::string& name, const std::string& address);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_REPLICAS_OWN_NETWORK_H_
