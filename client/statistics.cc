#include "client/statistics.h"

#include <array>
#include <atomic>
#include <cstddef>

namespace springboard {
namespace {

// Indexed by ClientEvent.
std::array<std::atomic<uint64_t>, 3> counters = {};

uint64_t Read(ClientEvent event) {
  return counters[static_cast<size_t>(event)].load(std::memory_order_relaxed);
}

}  // namespace

void Count(ClientEvent event, uint64_t times) {
  counters[static_cast<size_t>(event)].fetch_add(times, std::memory_order_relaxed);
}

ClientStatistics GetClientStatistics() {
  return {Read(ClientEvent::kVerified), Read(ClientEvent::kRejected),
          Read(ClientEvent::kUnverified)};
}

}  // namespace springboard
