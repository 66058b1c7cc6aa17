#include "tests/soak/mixed_load.h"

#include <iterator>
#include <utility>

namespace springboard {
namespace {

using Load = void (*)(const SoakThread&);

// A thread each; over TLS or not.
constexpr std::pair<Load, bool> kThreads[] = {{&SoakUnary, true},        {&SoakUnary, false},
                                              {&SoakBatches, true},      {&SoakBatches, false},
                                              {&SoakCancels, true},      {&SoakBadRequests, true},
                                              {&SoakBadRequests, false}, {&SoakReconnects, true}};

}  // namespace

MixedLoad::MixedLoad(const SoakServer& server, uint64_t seed, SoakTally& tally) {
  // Of neighbouring seeds no two threads have the same.
  uint64_t thread_seed = seed * std::size(kThreads);
  for (const auto& [load, is_tls] : kThreads) {
    const SoakThread thread = {server, is_tls, thread_seed++, is_over_, tally};
    threads_.emplace_back(load, thread);
  }
}

MixedLoad::~MixedLoad() {
  is_over_ = true;
  for (std::thread& thread : threads_) thread.join();
}

}  // namespace springboard
