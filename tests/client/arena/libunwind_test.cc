// libunwind sees through trampolines. A program of its own, since libunwind brings an unwinder of
// C++ exceptions along that stands in for libgcc's.

#define UNW_LOCAL_ONLY
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libunwind.h>

#include <cstdint>
#include <vector>

#include "client/arena/code_arena.h"
#include "client/arena/libunwind_observer.h"
#include "client/arena/static_table.h"
#include "client/host_target.h"
#include "compiler/compile.h"
#include "tests/client/arena/all_ways.h"

extern "C" const springboard::StaticTable springboard_test_table;

namespace springboard {
namespace {

// The functions on the stack, from the innermost.
std::vector<void*> functions_on_stack;

uint16_t Step(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
              uint16_t value) {
  functions_on_stack.clear();
  unw_context_t context;
  unw_cursor_t cursor;
  unw_getcontext(&context);
  unw_init_local(&cursor, &context);
  while (unw_step(&cursor) > 0) {
    unw_proc_info_t function;
    if (unw_get_proc_info(&cursor, &function) == 0) {
      functions_on_stack.push_back(reinterpret_cast<void*>(function.start_ip));
    }
  }
  return value;
}

__attribute__((noinline)) uint32_t Caller(const BoundTrampoline& bound) {
  using FromV8 = uint32_t(void*, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                          uint64_t, uint32_t);
  const uint32_t result = bound.As<FromV8>()(nullptr, 1, 2, 3, 4, 5, 6, 7, 8);
  // Not a tail call.
  asm volatile("" ::: "memory");
  return result;
}

// Calls a trampoline that was linked with others around it.
void WalkThroughOneOfMany(MappingWay way, bool registers, size_t count) {
  CodeArenaOptions options;
  options.way = way;
  options.static_table = &springboard_test_table;
  if (registers) options.observers = {&Libunwind()};
  absl::StatusOr<CodeArena> arena = CodeArena::Create(options);
  ASSERT_TRUE(arena.ok()) << arena.status();
  // A frame of 40 bytes or so, larger than libunwind guesses right.
  const Signature signature = *Signature::Parse("u16(u64,u64,u64,u64,u64,u64,u64,u16)");
  const Trampoline trampoline = *Compile({signature, *HostTarget()});
  const std::vector<LinkRequest> requests(
      count, {&signature, &trampoline, reinterpret_cast<const void*>(&Step)});
  const absl::StatusOr<std::vector<BoundTrampoline>> linked = arena->LinkAll(requests);
  ASSERT_TRUE(linked.ok()) << linked.status();
  EXPECT_EQ(Caller((*linked)[count * 2 / 3]), 8u);
}

TEST(LibunwindTest, ShowsTheCaller) {
  for (const MappingWay way : kAllWays) {
    for (const size_t count : {size_t{1}, size_t{16}, size_t{1000}}) {
      if (way == MappingWay::kStaticTable && count > 16) continue;
      WalkThroughOneOfMany(way, /*registers=*/true, count);
      EXPECT_THAT(functions_on_stack, testing::Contains(reinterpret_cast<void*>(&Caller)))
          << way << " " << count;
    }
  }
}

// What the test above would see if nothing were registered.
TEST(LibunwindTest, DoesNotShowTheCallerUnregistered) {
  WalkThroughOneOfMany(MappingWay::kSealedShared, /*registers=*/false, 1);
  EXPECT_THAT(functions_on_stack,
              testing::Not(testing::Contains(reinterpret_cast<void*>(&Caller))));
}

}  // namespace
}  // namespace springboard
