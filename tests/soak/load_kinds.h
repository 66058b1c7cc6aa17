#ifndef SPRINGBOARD_TESTS_SOAK_LOAD_KINDS_H_
#define SPRINGBOARD_TESTS_SOAK_LOAD_KINDS_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "tests/soak/soak_tally.h"

namespace springboard {

// Where the server under soak listens.
struct SoakServer {
  std::string unix_address;
  std::string tls_address;
  std::string authority;  // Of the certificate that it has there.

  const std::string& address(bool is_tls) const { return is_tls ? tls_address : unix_address; }
};

// What a thread of load has.
struct SoakThread {
  const SoakServer& server;
  bool is_tls;
  uint64_t seed;  // Of its signatures.
  const std::atomic<bool>& is_over;
  SoakTally& tally;
};

// Each keeps the server busy with load of one kind, until it is over, and compares every answer
// with what this process compiles. One that makes calls has connections of its own, and none once
// it has returned.
void SoakUnary(const SoakThread& thread);
void SoakBatches(const SoakThread& thread);
void SoakBadRequests(const SoakThread& thread);
void SoakCancels(const SoakThread& thread);
// Over TLS and plainly in turn, whatever the thread is.
void SoakReconnects(const SoakThread& thread);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_SOAK_LOAD_KINDS_H_
