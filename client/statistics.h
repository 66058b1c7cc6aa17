#ifndef SPRINGBOARD_CLIENT_STATISTICS_H_
#define SPRINGBOARD_CLIENT_STATISTICS_H_

#include <cstdint>

namespace springboard {

// What this process's client has done with code since it started.
struct ClientStatistics {
  uint64_t verified = 0;    // Trampolines whose code was proven, so free to be mapped.
  uint64_t rejected = 0;    // Answers refused: code not proven, or not what was asked for.
  uint64_t unverified = 0;  // Taken without proof, because a caller turned verification off.
};

enum class ClientEvent : uint8_t { kVerified, kRejected, kUnverified };

// Thread-safe.
void Count(ClientEvent event, uint64_t times = 1);
ClientStatistics GetClientStatistics();

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_STATISTICS_H_
