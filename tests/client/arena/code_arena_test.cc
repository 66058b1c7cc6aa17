#include "client/arena/code_arena.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/arena/static_table.h"
#include "client/host_target.h"
#include "client/statistics.h"
#include "compiler/compile.h"
#include "compiler/error_details.h"
#include "compiler/fast_api.h"
#include "tests/client/arena/all_ways.h"
#include "tests/client/arena/memory_map.h"
#include "tests/support/signature_generator.h"

extern "C" const springboard::StaticTable springboard_test_table;

namespace springboard {
namespace {

using testing::HasSubstr;

static_assert(sizeof(BoundTrampoline) == sizeof(void*));

Trampoline CompileFor(Target target, const char* signature) {
  return *Compile({*Signature::Parse(signature), target});
}

Trampoline CompileHere(const char* signature) { return CompileFor(*HostTarget(), signature); }

int64_t Subtract(int64_t a, int64_t b) { return a - b; }
double Scale(double value, uint8_t factor) { return value * factor; }
uint8_t Increment(uint8_t value) { return static_cast<uint8_t>(value + 1); }
uint8_t Decrement(uint8_t value) { return static_cast<uint8_t>(value - 1); }

template <typename Function>
const void* AddressOf(Function* function) {
  return reinterpret_cast<const void*>(function);
}

absl::StatusOr<BoundTrampoline> Link(CodeArena& arena, const char* signature, const void* callee) {
  return arena.Link(*Signature::Parse(signature), CompileHere(signature), callee);
}

uint32_t CallIncrement(const BoundTrampoline& bound, uint32_t value) {
  return bound.As<uint32_t(void*, uint32_t)>()(nullptr, value);
}

struct TypedArray {
  uint64_t length;
  void* data;
};

class ArenaTest : public testing::TestWithParam<MappingWay> {
 protected:
  static CodeArena Create() {
    CodeArenaOptions options;
    options.way = GetParam();
    options.static_table = &springboard_test_table;
    absl::StatusOr<CodeArena> arena = CodeArena::Create(options);
    EXPECT_TRUE(arena.ok()) << arena.status();
    return *std::move(arena);
  }

  CodeArena arena_ = Create();
};

INSTANTIATE_TEST_SUITE_P(Ways, ArenaTest, testing::ValuesIn(kAllWays), &WayName);

TEST_P(ArenaTest, TailCalls) {
  EXPECT_EQ(arena_.way(), GetParam());
  const absl::StatusOr<BoundTrampoline> bound = Link(arena_, "f64(f64,u8)", AddressOf(&Scale));
  ASSERT_TRUE(bound.ok()) << bound.status();
  // As V8 passes a u8: 32 bits with garbage above the value.
  EXPECT_EQ(bound->As<double(void*, double, uint32_t)>()(nullptr, 2.5, 0xABCDEF04), 10.0);
}

TEST_P(ArenaTest, ExtendsANarrowResult) {
  const absl::StatusOr<BoundTrampoline> bound = Link(arena_, "u8(u8)", AddressOf(&Increment));
  ASSERT_TRUE(bound.ok()) << bound.status();
  EXPECT_EQ(CallIncrement(*bound, 0x1FF), 0u);
}

TEST_P(ArenaTest, StoresALongResultInTheOutArray) {
  const absl::StatusOr<BoundTrampoline> bound = Link(arena_, "i64(i64,i64)", AddressOf(&Subtract));
  ASSERT_TRUE(bound.ok()) << bound.status();
  int64_t out = 0;
  TypedArray array = {2, &out};
  bound->As<void(void*, int64_t, int64_t, TypedArray*)>()(nullptr, 1, int64_t{1} << 40, &array);
  EXPECT_EQ(out, 1 - (int64_t{1} << 40));
}

TEST_P(ArenaTest, TheHandleOutlivesTheArenaAndMovesKeepTheEntry) {
  const void* entry = nullptr;
  {
    absl::StatusOr<BoundTrampoline> second = absl::UnknownError("");
    {
      CodeArena arena = Create();
      absl::StatusOr<BoundTrampoline> first = Link(arena, "u8(u8)", AddressOf(&Increment));
      ASSERT_TRUE(first.ok()) << first.status();
      entry = first->entry();
      second = *std::move(first);
    }
    EXPECT_EQ(second->entry(), entry);
    EXPECT_EQ(CallIncrement(*second, 1), 2u);
    EXPECT_FALSE(MapsContaining(entry).empty());
  }
  EXPECT_EQ(MapsContaining(entry).empty(), GetParam() != MappingWay::kStaticTable)
      << "the mapping must end with its last owner";
}

TEST_P(ArenaTest, NoMappingIsWritableAndExecutable) {
  const absl::StatusOr<BoundTrampoline> bound = Link(arena_, "u8(u8)", AddressOf(&Increment));
  ASSERT_TRUE(bound.ok());
  const std::vector<std::string> maps = MapsContaining(bound->entry());
  ASSERT_EQ(maps.size(), 1u);
  EXPECT_THAT(maps[0], HasSubstr(" r-x"));
  for (const std::string& line : MapsContaining(nullptr)) {
    EXPECT_EQ(line.find("rwx"), std::string::npos) << line;
  }
}

// Private memory is this process's own to change; all else stays as it is.
TEST_P(ArenaTest, WhatIsSharedCannotBecomeWritable) {
  const absl::StatusOr<BoundTrampoline> bound = Link(arena_, "u8(u8)", AddressOf(&Increment));
  ASSERT_TRUE(bound.ok());
  const bool is_shared = MapsContaining(bound->entry()).at(0).find("r-xs") != std::string::npos;
  EXPECT_EQ(is_shared, GetParam() != MappingWay::kSealedPrivate &&
                           GetParam() != MappingWay::kAnonymous &&
                           GetParam() != MappingWay::kStaticTable);
  if (!is_shared) return;
  void* const page = reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(bound->entry()) /
                                             PageBytes() * PageBytes());
  EXPECT_EQ(mprotect(page, PageBytes(), PROT_READ | PROT_WRITE), -1);
  EXPECT_EQ(errno, EACCES);
  EXPECT_EQ(mprotect(page, PageBytes(), PROT_READ | PROT_WRITE | PROT_EXEC), -1);
}

TEST_P(ArenaTest, LinksManyAtOnce) {
  const Signature signature = *Signature::Parse("u8(u8)");
  const Trampoline trampoline = CompileHere("u8(u8)");
  std::vector<LinkRequest> requests(5000, {&signature, &trampoline, AddressOf(&Increment)});
  for (size_t i = 0; i < requests.size(); i += 3) requests[i].callee = AddressOf(&Decrement);
  const absl::StatusOr<std::vector<BoundTrampoline>> linked = arena_.LinkAll(requests);
  ASSERT_TRUE(linked.ok()) << linked.status();
  ASSERT_EQ(linked->size(), requests.size());
  std::set<const void*> entries;
  for (size_t i = 0; i < linked->size(); ++i) {
    ASSERT_EQ(CallIncrement((*linked)[i], 7), i % 3 == 0 ? 6u : 8u) << i;
    EXPECT_EQ(reinterpret_cast<uintptr_t>((*linked)[i].entry()) % trampoline.alignment_bytes, 0u);
    entries.insert((*linked)[i].entry());
  }
  EXPECT_EQ(entries.size(), requests.size()) << "an entry was given out twice";
  const absl::StatusOr<std::vector<BoundTrampoline>> none = arena_.LinkAll({});
  EXPECT_TRUE(none.ok() && none->empty());
}

// What the process has in memory, in bytes, without the heap's free pages.
size_t ResidentBytes() {
  malloc_trim(0);
  std::ifstream rollup("/proc/self/smaps_rollup");
  for (std::string word; rollup >> word;) {
    size_t kilobytes = 0;
    if (word == "Rss:" && rollup >> kilobytes) return kilobytes << 10;
  }
  ADD_FAILURE() << "the system does not say";
  return 0;
}

// Two trampolines with 96 bytes of code: one saves a register, in a frame of another size.
std::vector<std::pair<Signature, Trampoline>> DifferentFramesOf96Bytes() {
  std::vector<std::pair<Signature, Trampoline>> found;
  SignatureGenerator generator(/*seed=*/1);
  while (found.size() < 2) {
    Signature signature = generator.Next();
    Trampoline trampoline = *Compile({signature, *HostTarget()});
    if (trampoline.code.size() != 96 || trampoline.is_tail_call) continue;
    if (NeedsOutArray(signature.result()) != found.empty()) continue;
    if (!found.empty() && found[0].second.frame_bytes == trampoline.frame_bytes) continue;
    found.emplace_back(std::move(signature), std::move(trampoline));
  }
  return found;
}

TEST_P(ArenaTest, TenThousandTakeLittleMoreMemoryThanTheirBytes) {
  if (GetParam() == MappingWay::kDual || GetParam() == MappingWay::kStaticTable) {
    GTEST_SKIP() << "it links one by one";
  }
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer's memory counts too";
#endif
  constexpr size_t kCount = 10000;
  // All have a frame, each another than the one before: unwind information takes the most.
  const std::vector<std::pair<Signature, Trampoline>> framed = DifferentFramesOf96Bytes();
  std::vector<LinkRequest> requests;
  for (size_t i = 0; i < kCount; ++i) {
    const auto& [signature, trampoline] = framed[i % 2];
    requests.push_back({&signature, &trampoline, AddressOf(&Increment)});
  }
  // Once before, and kept: all code that is run for it is then in memory, and nothing of what the
  // second time takes was there already.
  const absl::StatusOr<std::vector<BoundTrampoline>> first = arena_.LinkAll(requests);
  ASSERT_TRUE(first.ok()) << first.status();
  const size_t before = ResidentBytes();
  const absl::StatusOr<std::vector<BoundTrampoline>> linked = arena_.LinkAll(requests);
  ASSERT_TRUE(linked.ok()) << linked.status();
  // Into memory, as a call would have it.
  unsigned sum = 0;
  for (const BoundTrampoline& one : *linked) sum += *static_cast<const uint8_t*>(one.entry());
  EXPECT_GT(sum, 0u);
  const size_t bytes = ResidentBytes() - before;
  RecordProperty("resident_bytes", static_cast<int>(bytes));
  std::cout << Name(GetParam()) << ": " << bytes << " bytes of memory for " << kCount * 96
            << " bytes of code\n";
  EXPECT_LE(bytes, kCount * 96 * 115 / 100 + PageBytes());
}

TEST_P(ArenaTest, OneBadRequestOfManyLinksNothing) {
  const Signature signature = *Signature::Parse("u8(u8)");
  const Trampoline good = CompileHere("u8(u8)");
  Trampoline bad = good;
  bad.code.back() = 0x90;
  const size_t before = CountMappings();
  const absl::Status status = arena_
                                  .LinkAll({{&signature, &good, AddressOf(&Increment)},
                                            {&signature, &bad, AddressOf(&Increment)}})
                                  .status();
  EXPECT_EQ(GetErrorDetails(status)->reason, "CODE_REJECTED");
  EXPECT_EQ(GetErrorDetails(status)->field, "requests[1].code");
  EXPECT_TRUE(GetRejection(status).has_value());
  EXPECT_EQ(CountMappings(), before);
}

TEST_P(ArenaTest, OneNullCalleeOfManyForTheSameCodeLinksNothing) {
  const Signature signature = *Signature::Parse("u8(u8)");
  const Trampoline code = CompileHere("u8(u8)");
  std::vector<LinkRequest> requests(3, {&signature, &code, AddressOf(&Increment)});
  requests[2].callee = nullptr;
  const size_t before = CountMappings();
  const absl::Status status = arena_.LinkAll(requests).status();
  EXPECT_EQ(GetErrorDetails(status)->reason, "NULL_CALLEE");
  EXPECT_EQ(GetErrorDetails(status)->field, "requests[2].callee");
  EXPECT_EQ(CountMappings(), before);
}

TEST_P(ArenaTest, EachRequestForTheSameCodeIsCounted) {
  const Signature signature = *Signature::Parse("u8(u8)");
  const Trampoline code = CompileHere("u8(u8)");
  const std::vector<LinkRequest> requests(3, {&signature, &code, AddressOf(&Increment)});
  const uint64_t before = GetClientStatistics().verified;
  ASSERT_TRUE(arena_.LinkAll(requests).ok());
  EXPECT_EQ(GetClientStatistics().verified, before + 3);
}

TEST_P(ArenaTest, ReleasedSpaceIsUsedAgainOrGivenBack) {
  constexpr int kRounds = 2000;
  const Signature signature = *Signature::Parse("u8(u8)");
  const Trampoline trampoline = CompileHere("u8(u8)");
  const auto link = [&] { return *arena_.Link(signature, trampoline, AddressOf(&Increment)); };
  const BoundTrampoline kept = link();
  const size_t before = CountMappings();
  for (int i = 0; i < kRounds; ++i) {
    const BoundTrampoline first = link();
    const BoundTrampoline second = link();
    ASSERT_NE(first.entry(), second.entry());
    ASSERT_NE(first.entry(), kept.entry());
    ASSERT_NE(second.entry(), kept.entry());
    ASSERT_EQ(CallIncrement(second, 1), 2u);
  }
  EXPECT_LE(CountMappings(), before + 1);
  EXPECT_EQ(CallIncrement(kept, 1), 2u);
}

TEST_P(ArenaTest, RepointsOnlyWhereTheWayPermits) {
  absl::StatusOr<BoundTrampoline> bound = Link(arena_, "u8(u8)", AddressOf(&Increment));
  ASSERT_TRUE(bound.ok()) << bound.status();
  const absl::Status status = bound->Repoint(AddressOf(&Decrement));
  if (GetParam() == MappingWay::kDual || GetParam() == MappingWay::kStaticTable) {
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_EQ(CallIncrement(*bound, 7), 6u);
  } else {
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(GetErrorDetails(status)->reason, "CALLEE_FIXED");
    EXPECT_EQ(CallIncrement(*bound, 7), 8u);
  }
  EXPECT_EQ(GetErrorDetails(bound->Repoint(nullptr))->reason, "NULL_CALLEE");
}

TEST_P(ArenaTest, AReservationIsFilledAndNeverExceeded) {
  if (GetParam() == MappingWay::kStaticTable) GTEST_SKIP() << "it reserves nothing";
  CodeArenaOptions options;
  options.way = GetParam();
  options.reserve_bytes = 2 * kChunkBytes;
  absl::StatusOr<CodeArena> arena = CodeArena::Create(options);
  if (GetParam() == MappingWay::kAnonymous) {
    EXPECT_EQ(GetErrorDetails(arena.status())->reason, "MAPPING_REFUSED");
    EXPECT_THAT(std::string(arena.status().message()), HasSubstr("anonymous: reserve: "));
    return;
  }
  ASSERT_TRUE(arena.ok()) << arena.status();
  const size_t before = CountMappings();
  const Signature signature = *Signature::Parse("u8(u8)");
  const Trampoline trampoline = CompileHere("u8(u8)");
  const size_t per_chunk = kChunkBytes / ((trampoline.code.size() + 15) & ~size_t{15});
  // Too many at once use up nothing.
  const std::vector<LinkRequest> too_many(2 * per_chunk + 1,
                                          {&signature, &trampoline, AddressOf(&Increment)});
  EXPECT_EQ(GetErrorDetails(arena->LinkAll(too_many).status())->reason, "ARENA_FULL");
  std::vector<BoundTrampoline> all;
  for (const size_t count : {per_chunk, per_chunk}) {
    const std::vector<LinkRequest> requests(count,
                                            {&signature, &trampoline, AddressOf(&Increment)});
    absl::StatusOr<std::vector<BoundTrampoline>> linked = arena->LinkAll(requests);
    ASSERT_TRUE(linked.ok()) << linked.status();
    EXPECT_EQ(CallIncrement(linked->back(), 1), 2u);
    for (BoundTrampoline& one : *linked) all.push_back(std::move(one));
  }
  const absl::Status full = arena->Link(signature, trampoline, AddressOf(&Increment)).status();
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GetErrorDetails(full)->reason, "ARENA_FULL");
  EXPECT_LE(CountMappings(), before) << "more was mapped than reserved";
  all.clear();
  const bool reusable = arena->Link(signature, trampoline, AddressOf(&Increment)).ok();
  EXPECT_EQ(reusable, GetParam() == MappingWay::kDual);
}

// What a child does to code that it inherited.
int AttackInChild(const BoundTrampoline& bound, CodeArena& arena, const Trampoline& trampoline) {
  void* const page = reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(bound.entry()) /
                                             PageBytes() * PageBytes());
  // A table's code is needed to go on.
  if (arena.way() != MappingWay::kStaticTable &&
      mprotect(page, PageBytes(), PROT_READ | PROT_WRITE) == 0) {
    std::fill_n(static_cast<uint8_t*>(page), PageBytes(), uint8_t{0xCC});
  }
  absl::StatusOr<BoundTrampoline> own =
      arena.Link(*Signature::Parse("u8(u8)"), trampoline, AddressOf(&Decrement));
  if (!own.ok()) return 1;
  if (CallIncrement(*own, 7) != 6) return 2;
  return 0;
}

TEST_P(ArenaTest, AForkedChildLinksForItselfAndCannotChangeItsParent) {
  const Trampoline trampoline = CompileHere("u8(u8)");
  absl::StatusOr<BoundTrampoline> bound = Link(arena_, "u8(u8)", AddressOf(&Increment));
  ASSERT_TRUE(bound.ok()) << bound.status();
  const auto* const code = static_cast<const uint8_t*>(bound->entry());
  const std::vector<uint8_t> before(code, code + trampoline.code.size());
  const pid_t child = fork();
  if (child == 0) {
    const bool is_own = GetParam() == MappingWay::kStaticTable;
    const int re_pointed = bound->Repoint(AddressOf(&Decrement)).ok() == is_own ? 0 : 3;
    _exit(re_pointed != 0 ? re_pointed : AttackInChild(*bound, arena_, trampoline));
  }
  ASSERT_GT(child, 0);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_EQ(std::vector<uint8_t>(code, code + trampoline.code.size()), before);
  EXPECT_EQ(CallIncrement(*bound, 7), 8u);
}

// Of an arena that has reserved: the child has what it could write to, if there is anything.
TEST_P(ArenaTest, AForkedChildCannotWriteToWhatItsParentReserved) {
  if (GetParam() == MappingWay::kStaticTable || GetParam() == MappingWay::kAnonymous) {
    GTEST_SKIP() << "it reserves nothing";
  }
  CodeArenaOptions options;
  options.way = GetParam();
  options.reserve_bytes = 2 * kChunkBytes;
  absl::StatusOr<CodeArena> arena = CodeArena::Create(options);
  ASSERT_TRUE(arena.ok()) << arena.status();
  const Trampoline trampoline = CompileHere("u8(u8)");
  int go[2];
  ASSERT_EQ(pipe(go), 0);
  const pid_t child = fork();
  if (child == 0) {
    // Before its parent links, and after.
    const Signature signature = *Signature::Parse("u8(u8)");
    const bool linked_before = arena->Link(signature, trampoline, AddressOf(&Decrement)).ok();
    char byte = 0;
    if (read(go[0], &byte, 1) != 1) _exit(9);
    for (int fd = 3; fd < 64; ++fd) {
      const uint8_t traps[4096] = {0xCC};
      if (fd == go[0] || fd == go[1]) continue;
      static_cast<void>(pwrite(fd, traps, sizeof(traps), 0) + ftruncate(fd, 0));
    }
    for (const std::string& line : MapsContaining(nullptr)) {
      if ((line.find("memfd:") != std::string::npos || line.find("/tmp/#") != std::string::npos) &&
          line.find(" rw") != std::string::npos) {
        _exit(8);
      }
    }
    _exit(linked_before ? 7 : 0);
  }
  ASSERT_GT(child, 0);
  const absl::StatusOr<BoundTrampoline> bound = Link(*arena, "u8(u8)", AddressOf(&Increment));
  EXPECT_TRUE(bound.ok()) << bound.status();
  EXPECT_EQ(write(go[1], "x", 1), 1);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_EQ(CallIncrement(*bound, 7), 8u);
  const absl::StatusOr<BoundTrampoline> later = Link(*arena, "u8(u8)", AddressOf(&Increment));
  EXPECT_TRUE(later.ok()) << later.status();
  EXPECT_EQ(CallIncrement(*later, 7), 8u);
  close(go[0]);
  close(go[1]);
}

// In a child the place of what its parent could write to is free, and taken by others.
TEST_P(ArenaTest, AForkedChildsMemoryOutlivesItsParentsArena) {
  if (GetParam() == MappingWay::kStaticTable || GetParam() == MappingWay::kAnonymous) {
    GTEST_SKIP() << "it reserves nothing";
  }
  CodeArenaOptions options;
  options.way = GetParam();
  options.reserve_bytes = 4 * kChunkBytes;
  absl::StatusOr<CodeArena> created = CodeArena::Create(options);
  ASSERT_TRUE(created.ok()) << created.status();
  auto arena = std::make_unique<CodeArena>(*std::move(created));
  absl::StatusOr<BoundTrampoline> linked = Link(*arena, "u8(u8)", AddressOf(&Increment));
  ASSERT_TRUE(linked.ok()) << linked.status();
  auto bound = std::make_unique<BoundTrampoline>(*std::move(linked));
  const Trampoline trampoline = CompileHere("u8(u8)");
  const pid_t child = fork();
  if (child == 0) {
    std::vector<void*> blocks;
    for (int i = 0; i < 16; ++i) {
      blocks.push_back(
          mmap(nullptr, kChunkBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    }
    const absl::Status own =
        arena->Link(*Signature::Parse("u8(u8)"), trampoline, AddressOf(&Decrement)).status();
    const bool is_refused =
        GetErrorDetails(own)->reason == "MAPPING_REFUSED" &&
        own.message().find("only the process that reserved") != absl::string_view::npos;
    bound.reset();
    arena.reset();
    unsigned char resident = 0;
    int lost = 0;
    for (void* const block : blocks) lost += mincore(block, PageBytes(), &resident) == 0 ? 0 : 1;
    _exit(is_refused ? lost : 99);
  }
  ASSERT_GT(child, 0);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << status;
  EXPECT_EQ(WEXITSTATUS(status), 0) << "blocks lost, or 99: linked otherwise than refused";
}

// A thread that is cancelled while it links ends what it does first.
TEST_P(ArenaTest, ACancelledThreadLinksAndReleasesFirst) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "to the sanitizer a cancelled thread leaves its scopes open";
#endif
  struct Work {
    CodeArena* arena;
    Trampoline trampoline;
    bool is_right = false;
  };
  Work work = {&arena_, CompileHere("u8(u8)")};
  const auto run = [](void* argument) -> void* {
    auto* const to_do = static_cast<Work*>(argument);
    pthread_cancel(pthread_self());
    {
      const absl::StatusOr<BoundTrampoline> bound =
          to_do->arena->Link(*Signature::Parse("u8(u8)"), to_do->trampoline, AddressOf(&Increment));
      to_do->is_right = bound.ok() && CallIncrement(*bound, 1) == 2;
    }
    pthread_testcancel();
    to_do->is_right = false;
    return nullptr;
  };
  pthread_t thread;
  ASSERT_EQ(pthread_create(&thread, nullptr, run, &work), 0);
  void* result = nullptr;
  ASSERT_EQ(pthread_join(thread, &result), 0);
  EXPECT_EQ(result, PTHREAD_CANCELED);
  EXPECT_TRUE(work.is_right);
}

// A static table.

class StaticTableTest : public testing::Test {
 protected:
  static CodeArena Create() {
    CodeArenaOptions options;
    options.way = MappingWay::kStaticTable;
    options.static_table = &springboard_test_table;
    return *CodeArena::Create(options);
  }

  CodeArena arena_ = Create();
};

TEST_F(StaticTableTest, ASignatureOutsideIsATypedError) {
  const absl::Status status = Link(arena_, "u8(i8)", AddressOf(&Increment)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(GetErrorDetails(status)->reason, "SIGNATURE_NOT_IN_TABLE");
  EXPECT_THAT(std::string(status.message()), HasSubstr("u8(i8)"));
}

TEST_F(StaticTableTest, EveryCopyIsUsedAndThenItIsFull) {
  std::vector<BoundTrampoline> bound;
  for (int i = 0; i < 4; ++i) {
    absl::StatusOr<BoundTrampoline> one = Link(arena_, "f64(f64,u8)", AddressOf(&Scale));
    ASSERT_TRUE(one.ok()) << one.status();
    EXPECT_EQ(one->As<double(void*, double, uint32_t)>()(nullptr, 2.5, 0xABCDEF04), 10.0);
    bound.push_back(*std::move(one));
  }
  const absl::Status full = Link(arena_, "f64(f64,u8)", AddressOf(&Scale)).status();
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GetErrorDetails(full)->reason, "STATIC_TABLE_FULL");
  const void* const released = bound[2].entry();
  bound.erase(bound.begin() + 2);
  // Another arena has the same table.
  CodeArena other = Create();
  const absl::StatusOr<BoundTrampoline> again = Link(other, "f64(f64,u8)", AddressOf(&Scale));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->entry(), released);
}

TEST_F(StaticTableTest, NeedsNoCode) {
  const Signature signature = *Signature::Parse("u8(u8)");
  const absl::StatusOr<BoundTrampoline> bound = arena_.LinkStatic(signature, AddressOf(&Increment));
  ASSERT_TRUE(bound.ok()) << bound.status();
  EXPECT_EQ(CallIncrement(*bound, 0x1FF), 0u);
  EXPECT_EQ(GetErrorDetails(arena_.LinkStatic(signature, nullptr).status())->reason, "NULL_CALLEE");
  const absl::Status status =
      CodeArena::Create()->LinkStatic(signature, AddressOf(&Increment)).status();
  EXPECT_EQ(GetErrorDetails(status)->reason, "NO_SUCH_WAY");
}

TEST_F(StaticTableTest, ATableOfAnotherKindIsRefused) {
  for (const int field : {0, 1, 3}) {
    uint32_t words[5] = {StaticTable::kVersion, static_cast<uint32_t>(*HostTarget()), 0, 1, 0};
    words[field] = field == 3 ? 0 : 99;
    CodeArenaOptions options;
    options.way = MappingWay::kStaticTable;
    options.static_table = reinterpret_cast<const StaticTable*>(words);
    const absl::Status status = CodeArena::Create(options).status();
    EXPECT_EQ(GetErrorDetails(status)->reason, "WRONG_TABLE") << field;
  }
}

// Without a way that is named.

absl::Status Refusal(const Trampoline& trampoline, const void* callee = AddressOf(&Increment)) {
  absl::StatusOr<CodeArena> arena = CodeArena::Create();
  const size_t before = CountMappings();
  absl::Status status = arena->Link(*Signature::Parse("u8(u8)"), trampoline, callee).status();
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(CountMappings(), before);
  return status;
}

TEST(ArenaWaysTest, TheFirstIsSealedAndShared) {
  const absl::StatusOr<CodeArena> arena = CodeArena::Create();
  ASSERT_TRUE(arena.ok()) << arena.status();
  EXPECT_EQ(arena->way(), MappingWay::kSealedShared);
  EXPECT_TRUE(arena->refusals().empty());
}

TEST(ArenaWaysTest, AWayThatNeedsSomethingSaysWhat) {
  for (const MappingWay way : {MappingWay::kStaticTable, MappingWay::kEmbedder}) {
    CodeArenaOptions options;
    options.way = way;
    const absl::Status status = CodeArena::Create(options).status();
    EXPECT_EQ(GetErrorDetails(status)->reason, "NO_SUCH_WAY") << way;
  }
}

// Counts what it gives, and refuses when told to.
class CountingMapper final : public CodeMapper {
 public:
  ReservedRegion Reserve(size_t size, MapTime time) override {
    if (refuses) return MappingError{"embedder", ENOMEM};
    ++reservations;
    return ReserveRegion(MappingWay::kAnonymous, size, time, nullptr);
  }
  int reservations = 0;
  bool refuses = false;
};

TEST(ArenaWaysTest, AnEmbeddersMappingIsUsedForEverything) {
  CountingMapper mapper;
  CodeArenaOptions options;
  options.mapper = &mapper;
  absl::StatusOr<CodeArena> arena = CodeArena::Create(options);
  ASSERT_TRUE(arena.ok()) << arena.status();
  EXPECT_EQ(arena->way(), MappingWay::kEmbedder);
  EXPECT_EQ(mapper.reservations, 1) << "one for the probe";
  const absl::StatusOr<BoundTrampoline> bound = Link(*arena, "u8(u8)", AddressOf(&Increment));
  ASSERT_TRUE(bound.ok()) << bound.status();
  EXPECT_EQ(mapper.reservations, 2);
  EXPECT_EQ(CallIncrement(*bound, 1), 2u);
  mapper.refuses = true;
  const absl::Status status = Link(*arena, "u8(u8)", AddressOf(&Increment)).status();
  EXPECT_EQ(GetErrorDetails(status)->reason, "MAPPING_REFUSED");
  EXPECT_THAT(std::string(status.message()), HasSubstr("embedder: Cannot allocate memory"));
}

// What stays writable is mapped at its reservation; code is added to it.
class DualMapper final : public CodeMapper {
 public:
  ReservedRegion Reserve(size_t size, MapTime time) override {
    if (time == MapTime::kAtReserve && refuses_at_reserve) return MappingError{"dual", EPERM};
    return ReserveRegion(MappingWay::kDual, std::max(size, pages), time, nullptr);
  }
  bool refuses_at_reserve = false;
  size_t pages = 0;
};

TEST(ArenaWaysTest, AnEmbeddersMappingMayStayWritable) {
  for (const size_t reserve_bytes : {size_t{0}, kChunkBytes}) {
    DualMapper mapper;
    CodeArenaOptions options;
    options.mapper = &mapper;
    options.reserve_bytes = reserve_bytes;
    absl::StatusOr<CodeArena> arena = CodeArena::Create(options);
    ASSERT_TRUE(arena.ok()) << arena.status();
    absl::StatusOr<BoundTrampoline> bound = Link(*arena, "u8(u8)", AddressOf(&Increment));
    ASSERT_TRUE(bound.ok()) << bound.status();
    ASSERT_EQ(CallIncrement(*bound, 1), 2u);
    ASSERT_TRUE(bound->Repoint(AddressOf(&Decrement)).ok());
    EXPECT_EQ(CallIncrement(*bound, 1), 0u);
    mapper.refuses_at_reserve = true;
    const absl::Status status = CodeArena::Create(options).status();
    EXPECT_EQ(GetErrorDetails(status)->reason, "MAPPING_REFUSED");
  }
}

TEST(ArenaWaysTest, AnEmbeddersMappingMayBeHuge) {
  DualMapper mapper;
  mapper.pages = size_t{4} << 30;
  CodeArenaOptions options;
  options.mapper = &mapper;
  absl::StatusOr<CodeArena> arena = CodeArena::Create(options);
  ASSERT_TRUE(arena.ok()) << arena.status();
  const absl::StatusOr<BoundTrampoline> bound = Link(*arena, "u8(u8)", AddressOf(&Increment));
  ASSERT_TRUE(bound.ok()) << bound.status();
  EXPECT_EQ(CallIncrement(*bound, 1), 2u);
}

TEST(ArenaWaysTest, AMapperIsForTheEmbeddersWayAlone) {
  DualMapper mapper;
  CodeArenaOptions options;
  options.mapper = &mapper;
  options.way = MappingWay::kSealedShared;
  EXPECT_EQ(GetErrorDetails(CodeArena::Create(options).status())->reason, "NO_SUCH_WAY");
}

// Breaks what CodeMapper promises, each time in another way, once the arena is made.
class BrokenMapper final : public CodeMapper {
 public:
  enum Fault { kNone, kNull, kTooSmall, kNoAddress, kSamePages };

  ReservedRegion Reserve(size_t size, MapTime time) override {
    switch (fault) {
      case kNone:
        break;
      case kNull:
        return std::unique_ptr<CodeRegion>();
      case kTooSmall:
      case kNoAddress:
      case kSamePages:
        return std::make_unique<Region>(fault, size);
    }
    return ReserveRegion(MappingWay::kAnonymous, size, time, nullptr);
  }
  Fault fault = kNone;

 private:
  class Region final : public CodeRegion {
   public:
    Region(Fault fault, size_t size) : fault_(fault), size_(fault == kTooSmall ? size - 1 : size) {}
    MappingResult Write(size_t, const uint8_t*, size_t) override { return std::nullopt; }
    MappingResult Seal() override { return std::nullopt; }
    MappingResult Map() override { return std::nullopt; }
    const uint8_t* address() const override {
      alignas(4096) static const uint8_t pages[4096] = {};
      return fault_ == kNoAddress ? nullptr : pages;
    }
    size_t size() const override { return size_; }

   private:
    const Fault fault_;
    const size_t size_;
  };
};

TEST(ArenaWaysTest, AMapperThatBreaksItsPromisesIsRefused) {
  BrokenMapper mapper;
  CodeArenaOptions options;
  options.mapper = &mapper;
  absl::StatusOr<CodeArena> arena = CodeArena::Create(options);
  ASSERT_TRUE(arena.ok()) << arena.status();
  const auto message = [&](BrokenMapper::Fault fault) {
    mapper.fault = fault;
    const absl::Status status = Link(*arena, "u8(u8)", AddressOf(&Increment)).status();
    EXPECT_EQ(GetErrorDetails(status)->reason, "MAPPING_REFUSED");
    return std::string(status.message());
  };
  EXPECT_THAT(message(BrokenMapper::kNull), HasSubstr("CodeMapper::Reserve: Invalid argument"));
  EXPECT_THAT(message(BrokenMapper::kTooSmall), HasSubstr("CodeMapper::Reserve: Invalid argument"));
  EXPECT_THAT(message(BrokenMapper::kNoAddress), HasSubstr("CodeRegion::Map: Invalid argument"));
  mapper.fault = BrokenMapper::kSamePages;
  const absl::StatusOr<BoundTrampoline> first = Link(*arena, "u8(u8)", AddressOf(&Increment));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_THAT(message(BrokenMapper::kSamePages), HasSubstr("CodeMapper::Reserve: File exists"));
  mapper.fault = BrokenMapper::kNone;
  EXPECT_EQ(CallIncrement(*Link(*arena, "u8(u8)", AddressOf(&Increment)), 1), 2u);
}

TEST(ArenaWaysTest, ADirectoryThatIsNotThereIsNamed) {
  CodeArenaOptions options;
  options.way = MappingWay::kTemporaryFile;
  options.temporary_directory = "/no/such/directory";
  const absl::Status status = CodeArena::Create(options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("temporary-file: open in /no/such/directory: No such file"));
}

TEST(LinkTest, RefusesEveryOtherTarget) {
  for (const TargetInfo& row : AllTargets()) {
    if (row.target == HostTarget()) continue;
    EXPECT_EQ(GetErrorDetails(Refusal(CompileFor(row.target, "u8(u8)")))->reason, "WRONG_TARGET")
        << row.name;
  }
}

TEST(LinkTest, RefusesWhatIsNoTarget) {
  Trampoline trampoline = CompileHere("u8(u8)");
  trampoline.target = static_cast<Target>(9);
  EXPECT_EQ(GetErrorDetails(Refusal(trampoline))->reason, "WRONG_TARGET");
  const absl::Status checked =
      CheckCode(*Signature::Parse("u8(u8)"), trampoline, Verification::kOn);
  ASSERT_TRUE(GetRejection(checked).has_value()) << checked;
  EXPECT_EQ(GetRejection(checked)->rule, VerifierRule::kUnknownTarget);
  EXPECT_THAT(std::string(checked.message()), HasSubstr("unknown target 9"));
}

TEST(LinkTest, RefusesAnOffsetOutsideTheCode) {
  Trampoline trampoline = CompileHere("u8(u8)");
  const auto size = static_cast<uint32_t>(trampoline.code.size());
  for (const uint32_t offset : {size - 7, size, size + 1, 0xFFFFFFFFu}) {
    trampoline.relocation.callee_offset_bytes = offset;
    EXPECT_EQ(GetRejection(Refusal(trampoline))->rule, VerifierRule::kCalleeSlot) << offset;
  }
  trampoline.code.clear();
  trampoline.relocation.callee_offset_bytes = 0;
  EXPECT_EQ(GetRejection(Refusal(trampoline))->rule, VerifierRule::kCalleeSlot);
}

TEST(LinkTest, WithoutProofCodeMustStillBeMappable) {
  const Trampoline good = CompileHere("u8(u8)");
  const auto size = static_cast<uint32_t>(good.code.size());
  CodeArenaOptions options;
  options.verification = Verification::kOff;
  absl::StatusOr<CodeArena> arena = CodeArena::Create(options);
  ASSERT_TRUE(arena.ok()) << arena.status();
  const auto refusal = [&](const Trampoline& trampoline) {
    return *GetErrorDetails(
        arena->Link(*Signature::Parse("u8(u8)"), trampoline, AddressOf(&Increment)).status());
  };
  for (const uint32_t offset : {size - 7, size, size + 1, 0xFFFFFFFFu}) {
    Trampoline trampoline = good;
    trampoline.relocation.callee_offset_bytes = offset;
    EXPECT_EQ(refusal(trampoline).reason, "CALLEE_OFFSET_OUT_OF_RANGE") << offset;
    EXPECT_EQ(refusal(trampoline).field, "relocation.callee_offset");
  }
  for (const uint32_t alignment : {0u, 3u, 8192u, 0x80000000u}) {
    Trampoline trampoline = good;
    trampoline.alignment_bytes = alignment;
    EXPECT_EQ(refusal(trampoline).reason, "MALFORMED_CODE") << alignment;
    EXPECT_EQ(refusal(trampoline).field, "alignment");
  }
  Trampoline unaligned = good;
  unaligned.alignment_bytes = 4096;
  const absl::StatusOr<BoundTrampoline> bound =
      arena->Link(*Signature::Parse("u8(u8)"), unaligned, AddressOf(&Increment));
  ASSERT_TRUE(bound.ok()) << bound.status();
  EXPECT_EQ(CallIncrement(*bound, 1), 2u);
}

TEST(LinkTest, RefusesAnUnknownRelocation) {
  Trampoline trampoline = CompileHere("u8(u8)");
  trampoline.relocation.kind = static_cast<RelocationKind>(7);
  EXPECT_EQ(GetErrorDetails(Refusal(trampoline))->reason, "UNKNOWN_RELOCATION");
}

TEST(LinkTest, RefusesNoCallee) {
  EXPECT_EQ(GetErrorDetails(Refusal(CompileHere("u8(u8)"), nullptr))->reason, "NULL_CALLEE");
}

}  // namespace
}  // namespace springboard
