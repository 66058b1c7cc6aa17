// Threads that link and release in one arena. tools/test-threads runs it under ThreadSanitizer.

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "client/arena/code_arena.h"
#include "client/arena/common_table.h"
#include "client/host_target.h"
#include "compiler/compile.h"
#include "tests/client/arena/all_ways.h"

namespace springboard {
namespace {

constexpr int kThreads = 8;
constexpr int kRounds = 60;

uint16_t Increment(uint16_t value) { return static_cast<uint16_t>(value + 1); }
uint16_t Decrement(uint16_t value) { return static_cast<uint16_t>(value - 1); }

class ConcurrencyTest : public testing::TestWithParam<MappingWay> {};

INSTANTIATE_TEST_SUITE_P(Ways, ConcurrencyTest, testing::ValuesIn(kAllWays), &WayName);

TEST_P(ConcurrencyTest, LinkAndReleaseFromEightThreads) {
  CodeArenaOptions options;
  options.way = GetParam();
  options.static_table = &springboard_common_table;
  absl::StatusOr<CodeArena> arena = CodeArena::Create(options);
  ASSERT_TRUE(arena.ok()) << arena.status();
  const Signature signature = *Signature::Parse("u16(u16)");
  const Trampoline trampoline = *Compile({signature, *HostTarget()});
  std::atomic<int> wrong = 0;
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      const bool increments = thread % 2 == 0;
      const void* const callee = increments ? reinterpret_cast<const void*>(&Increment)
                                            : reinterpret_cast<const void*>(&Decrement);
      // At most two at a time: the table has 16 of the signature.
      std::deque<BoundTrampoline> held;
      for (int round = 0; round < kRounds; ++round) {
        absl::StatusOr<BoundTrampoline> bound = arena->Link(signature, trampoline, callee);
        if (!bound.ok()) {
          ++failed;
          continue;
        }
        held.push_back(*std::move(bound));
        for (const BoundTrampoline& one : held) {
          const uint32_t result = one.As<uint32_t(void*, uint32_t)>()(nullptr, 7);
          if (result != (increments ? 8u : 6u)) ++wrong;
        }
        if (held.size() == 2) held.pop_front();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(failed, 0);
}

}  // namespace
}  // namespace springboard
