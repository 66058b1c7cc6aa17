#ifndef SPRINGBOARD_TESTS_SOAK_MIXED_LOAD_H_
#define SPRINGBOARD_TESTS_SOAK_MIXED_LOAD_H_

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "tests/soak/load_kinds.h"
#include "tests/soak/soak_tally.h"

namespace springboard {

// Threads that keep a server busy with load of all kinds at a time.
class MixedLoad {
 public:
  // Of the same seed asks for the same. Server and tally outlive it.
  MixedLoad(const SoakServer& server, uint64_t seed, SoakTally& tally);
  // Waits until the calls under way have ended, and their connections.
  ~MixedLoad();
  MixedLoad(const MixedLoad&) = delete;
  MixedLoad& operator=(const MixedLoad&) = delete;

 private:
  std::atomic<bool> is_over_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_SOAK_MIXED_LOAD_H_
