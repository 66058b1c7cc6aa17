#ifndef SPRINGBOARD_TESTS_CLIENT_CHAOS_LINKING_THREADS_H_
#define SPRINGBOARD_TESTS_CLIENT_CHAOS_LINKING_THREADS_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "client/client.h"

namespace springboard {

// What linking threads saw.
struct LinkTally {
  uint64_t links = 0;
  uint64_t wrong = 0;   // Linked, and the call gave another result.
  uint64_t failed = 0;  // Not linked.
  uint64_t late = 0;    // Took longer than kLateLink.
  absl::Duration longest = absl::ZeroDuration();
  std::string last_failure;
};

// How long a link may take through the fallback.
inline constexpr absl::Duration kLateLink = absl::Seconds(1);

// Threads that link functions of many signatures through one client, and call them.
class LinkingThreads {
 public:
  static constexpr uint32_t kThreads = 32;

  // The client outlives it.
  explicit LinkingThreads(Client& client, uint32_t threads = kThreads);

  // Ends them, if they have not ended.
  ~LinkingThreads();

  // So far.
  LinkTally tally() const;

  // Ends them.
  LinkTally Stop();

 private:
  void Link(uint32_t seed);

  Client& client_;
  std::atomic<bool> is_over_ = false;
  mutable absl::Mutex mutex_;
  LinkTally tally_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

// Trampolines that an origin gave: "server", "in process".
uint64_t TrampolinesFrom(const SourceCounts& counts, const std::string& origin);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CLIENT_CHAOS_LINKING_THREADS_H_
