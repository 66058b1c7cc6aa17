#include "server/call_deadlines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace springboard {
namespace {

// The numbers of calls, as they were cancelled. Thread-safe.
class Cancelled {
 public:
  void Add(int call) {
    const absl::MutexLock lock(&mutex_);
    calls_.push_back(call);
  }
  // Once there are so many; after 10 s, those that there are.
  std::vector<int> Wait(size_t count) {
    const absl::MutexLock lock(&mutex_);
    const auto are_there = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return calls_.size() >= count; };
    mutex_.AwaitWithTimeout(absl::Condition(&are_there), absl::Seconds(10));
    return calls_;
  }

 private:
  absl::Mutex mutex_;
  std::vector<int> calls_ ABSL_GUARDED_BY(mutex_);
};

// Whatever the order in which they came, as after a reload with another duration.
TEST(CallDeadlinesTest, TheFirstThatIsLateIsCancelledFirst) {
  CallDeadlines deadlines;
  Cancelled cancelled;
  std::vector<std::unique_ptr<CallDeadlines::Call>> calls;
  const absl::Time start = absl::Now();
  for (const int milliseconds : {900, 500, 1200, 700, 100000}) {
    calls.push_back(std::make_unique<CallDeadlines::Call>([&cancelled, milliseconds] {
      EXPECT_NE(milliseconds, 700) << "it was removed";
      cancelled.Add(milliseconds);
    }));
    deadlines.Add(start + absl::Milliseconds(milliseconds), *calls.back());
    if (milliseconds == 700) deadlines.Remove(*calls.back());
  }
  EXPECT_EQ(cancelled.Wait(3), (std::vector<int>{500, 900, 1200}));
  EXPECT_GE(absl::Now(), start + absl::Milliseconds(1200));
  for (size_t i = 0; i < calls.size(); ++i) {
    if (i != 3) deadlines.Remove(*calls[i]);
  }
}

TEST(CallDeadlinesTest, ACallMayEndAsItIsCancelled) {
  CallDeadlines deadlines;
  Cancelled cancelled;
  std::unique_ptr<CallDeadlines::Call> call;
  call = std::make_unique<CallDeadlines::Call>([&] {
    deadlines.Remove(*call);
    call.reset();
    cancelled.Add(1);
  });
  deadlines.Add(absl::Now(), *call);
  EXPECT_EQ(cancelled.Wait(1).size(), 1u);
}

// Before they are cancelled, after that, and while they are: nobody looks at them from then on, and
// nobody waits for ever.
TEST(CallDeadlinesTest, CallsEndInAnyOrder) {
  CallDeadlines deadlines;
  std::vector<std::thread> threads;
  for (uint32_t seed = 0; seed < 4; ++seed) {
    threads.emplace_back([&deadlines, seed] {
      struct OneCall {
        int is_cancelled = 0;
        CallDeadlines::Call call{[this] { ++is_cancelled; }};
      };
      std::mt19937 random(seed);
      std::vector<std::unique_ptr<OneCall>> calls;
      for (int i = 0; i < 5000; ++i) {
        calls.push_back(std::make_unique<OneCall>());
        const auto microseconds = static_cast<int64_t>(random() % 2000) - 500;
        deadlines.Add(absl::Now() + absl::Microseconds(microseconds), calls.back()->call);
        if (random() % 64 == 0) absl::SleepFor(absl::Microseconds(200));
        while (calls.size() > random() % 16) {
          std::swap(calls[random() % calls.size()], calls.back());
          deadlines.Remove(calls.back()->call);
          EXPECT_LE(calls.back()->is_cancelled, 1);
          calls.pop_back();
        }
      }
      for (const auto& one : calls) deadlines.Remove(one->call);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace springboard
