#ifndef SPRINGBOARD_TESTS_REPLICAS_CALLERS_H_
#define SPRINGBOARD_TESTS_REPLICAS_CALLERS_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "client/client.h"
#include "client/source/trampoline_source.h"
#include "tests/client/chaos/linking_threads.h"

namespace springboard {

// What callers saw.
struct CallTally {
  uint64_t calls = 0;
  uint64_t wrong = 0;  // Answered, and not as this process compiles it.
  uint64_t lost = 0;   // Ended without an answer.
  uint64_t late = 0;   // Ended after their deadline.
  absl::Duration longest = absl::ZeroDuration();
  std::string last_loss;

  CallTally& operator+=(const CallTally& other);
};

// Threads that call servers through the client library without a fallback, and look at every
// answer: most link and call functions, one by one; some ask for batches, from one request to
// thousands; one is a new client each time. Cached is nothing.
class Callers {
 public:
  // Of every call.
  static constexpr absl::Duration kDeadline = absl::Seconds(10);

  // To servers at `address`.
  explicit Callers(const std::string& address);
  // Ends them, if they have not ended.
  ~Callers();
  Callers(const Callers&) = delete;
  Callers& operator=(const Callers&) = delete;

  // So far.
  CallTally tally() const;

  // Ends them.
  CallTally Stop();

 private:
  void AskForBatches(uint32_t seed);
  void AskAsNewClients();
  // Asks the source, and counts it as one call.
  void Ask(TrampolineSource& source, const std::vector<CompileRequest>& requests);

  const std::string address_;
  const std::unique_ptr<Client> client_;
  std::atomic<bool> is_over_ = false;
  mutable absl::Mutex mutex_;
  CallTally tally_ ABSL_GUARDED_BY(mutex_);  // Without that of the links.
  LinkingThreads links_;
  std::vector<std::thread> threads_;
};

// Waits until servers at `address` answer; false if they do not within 10 s.
bool AwaitAnswers(const std::string& address);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_REPLICAS_CALLERS_H_
