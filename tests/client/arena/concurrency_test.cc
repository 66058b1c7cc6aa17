// Threads that link, re-point and release in one arena. tools/test-threads runs it under
// ThreadSanitizer.

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "client/arena/code_arena.h"
#include "client/arena/common_table.h"
#include "client/arena/gdb_jit.h"
#include "client/arena/perf_files.h"
#include "client/host_target.h"
#include "compiler/compile.h"
#include "tests/client/arena/all_ways.h"
#include "tests/support/files.h"

namespace springboard {
namespace {

constexpr int kThreads = 8;
constexpr int kRounds = 60;

uint16_t Increment(uint16_t value) { return static_cast<uint16_t>(value + 1); }
uint16_t Decrement(uint16_t value) { return static_cast<uint16_t>(value - 1); }

uint32_t Call(const BoundTrampoline& bound) {
  return bound.As<uint32_t(void*, uint32_t)>()(nullptr, 7);
}

class ConcurrencyTest : public testing::TestWithParam<MappingWay> {
 protected:
  ConcurrencyTest() {
    CodeArenaOptions options;
    options.way = GetParam();
    options.static_table = &springboard_common_table;
    options.observers = {perf_map_.get(), &GdbJit()};
    absl::StatusOr<CodeArena> arena = CodeArena::Create(options);
    EXPECT_TRUE(arena.ok()) << arena.status();
    if (arena.ok()) arena_.emplace(*std::move(arena));
  }

  // Counts what failed.
  void Expect(bool is_right) {
    if (!is_right) ++wrong_;
  }

  absl::StatusOr<BoundTrampoline> Link(bool increments) {
    return arena_->Link(signature_, trampoline_, Callee(increments));
  }

  static const void* Callee(bool increments) {
    return reinterpret_cast<const void*>(increments ? &Increment : &Decrement);
  }

  // Runs it in every thread, with the thread's number.
  void InThreads(const std::function<void(int)>& function) {
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) threads.emplace_back(function, thread);
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong_, 0);
  }

  const TemporaryFolder folder_;
  // Outlive the arena and all that it linked.
  const std::unique_ptr<CodeObserver> perf_map_ = *OpenPerfMap(folder_.File("."));
  std::optional<CodeArena> arena_;
  const Signature signature_ = *Signature::Parse("u16(u16)");
  const Trampoline trampoline_ = *Compile({signature_, *HostTarget()});

 private:
  std::atomic<int> wrong_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Ways, ConcurrencyTest, testing::ValuesIn(kAllWays), &WayName);

// No test has more than 16 at a time: the table has so many of the signature.

TEST_P(ConcurrencyTest, LinkAndReleaseFromEightThreads) {
  InThreads([this](int thread) {
    const bool increments = thread % 2 == 0;
    std::deque<BoundTrampoline> held;
    for (int round = 0; round < kRounds; ++round) {
      absl::StatusOr<BoundTrampoline> bound = Link(increments);
      Expect(bound.ok());
      if (!bound.ok()) continue;
      held.push_back(*std::move(bound));
      for (const BoundTrampoline& one : held) Expect(Call(one) == (increments ? 8u : 6u));
      if (held.size() == 2) held.pop_front();
    }
  });
}

TEST_P(ConcurrencyTest, LinkManyAndRepointFromEightThreads) {
  const bool can_repoint =
      GetParam() == MappingWay::kDual || GetParam() == MappingWay::kStaticTable;
  InThreads([&, this](int /*thread*/) {
    const std::vector<LinkRequest> requests(2, {&signature_, &trampoline_, Callee(true)});
    for (int round = 0; round < kRounds / 2; ++round) {
      absl::StatusOr<std::vector<BoundTrampoline>> linked = arena_->LinkAll(requests);
      Expect(linked.ok());
      if (!linked.ok()) continue;
      Expect(linked->back().Repoint(Callee(false)).ok() == can_repoint);
      Expect(Call(linked->front()) == 8);
      Expect(Call(linked->back()) == (can_repoint ? 6u : 8u));
    }
  });
}

// Each hands what it linked to whoever comes next, and releases what it got; the last ones are
// released when their arena is gone.
TEST_P(ConcurrencyTest, ReleaseInOtherThreadsAndAfterTheArena) {
  std::mutex mutex;
  std::deque<BoundTrampoline> handed_over;
  InThreads([&, this](int /*thread*/) {
    for (int round = 0; round < kRounds; ++round) {
      absl::StatusOr<BoundTrampoline> bound = Link(true);
      Expect(bound.ok());
      if (!bound.ok()) continue;
      std::optional<BoundTrampoline> other;
      const std::lock_guard<std::mutex> lock(mutex);
      handed_over.push_back(*std::move(bound));
      if (handed_over.size() == kThreads) {
        other.emplace(std::move(handed_over.front()));
        handed_over.pop_front();
      }
      if (other.has_value()) Expect(Call(*other) == 8);
    }
  });
  ASSERT_EQ(handed_over.size(), kThreads - 1u);
  InThreads([&, this](int thread) {
    std::optional<BoundTrampoline> own;
    {
      const std::lock_guard<std::mutex> lock(mutex);
      if (thread == 0) arena_.reset();
      if (handed_over.empty()) return;
      own.emplace(std::move(handed_over.front()));
      handed_over.pop_front();
    }
    Expect(Call(*own) == 8);
  });
}

}  // namespace
}  // namespace springboard
