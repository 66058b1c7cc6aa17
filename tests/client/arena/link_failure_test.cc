// Every allocation and every system call of linking fails once: an error each time, and nothing is
// left behind.

#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/arena/code_arena.h"
#include "client/arena/common_table.h"
#include "client/arena/gdb_jit.h"
#include "client/arena/perf_files.h"
#include "client/host_target.h"
#include "client/log.h"
#include "compiler/compile.h"
#include "compiler/error_details.h"
#include "tests/client/arena/all_ways.h"
#include "tests/client/arena/failure_injection.h"
#include "tests/client/arena/memory_map.h"
#include "tests/support/files.h"

namespace springboard {
namespace {

uint16_t Increment(uint16_t value) { return static_cast<uint16_t>(value + 1); }
uint16_t Decrement(uint16_t value) { return static_cast<uint16_t>(value - 1); }

size_t OpenFiles() {
  DIR* const folder = opendir("/proc/self/fd");
  size_t count = 0;
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count;
}

struct Outcome {
  absl::Status status;
  int events;
};

// What an arena is made with.
struct Setup {
  MappingWay way;
  bool reserves;
  bool has_observers;
};

std::vector<Setup> AllSetups() {
  std::vector<Setup> setups;
  for (const MappingWay way : kAllWays) {
    const bool can_reserve = way != MappingWay::kAnonymous && way != MappingWay::kStaticTable;
    for (const bool has_observers : {false, true}) {
      setups.push_back({way, false, has_observers});
      if (can_reserve) setups.push_back({way, true, has_observers});
    }
  }
  return setups;
}

std::string SetupName(const testing::TestParamInfo<Setup>& setup) {
  return WayName({setup.param.way, 0}) + (setup.param.reserves ? "Reserved" : "") +
         (setup.param.has_observers ? "Observed" : "");
}

class LinkFailureTest : public testing::TestWithParam<Setup> {
 protected:
  LinkFailureTest() {
    options_.way = GetParam().way;
    options_.static_table = &springboard_common_table;
    options_.temporary_directory = "/tmp";
    // A chunk may be lost by a failure, and what is linked afterwards needs one.
    if (GetParam().reserves) options_.reserve_bytes = 2 * kChunkBytes;
    if (GetParam().has_observers) {
      perf_map_ = *OpenPerfMap(folder_.File("."));
      jit_dump_ = *OpenJitDump(folder_.File("."));
      options_.observers = {perf_map_.get(), jit_dump_.get(), &GdbJit()};
    }
    // What is made once in a process, and stays.
    EXPECT_TRUE(Run(options_).ok());
    // A profiler's file that fails, as it will, is a warning each time.
    SetClientLogSink([](absl::string_view /*line*/) {});
  }
  ~LinkFailureTest() override {
    SetClientLogSink(nullptr);
    EXPECT_FALSE(AskedForWritableCode());
  }

  bool CanRepoint() const {
    return GetParam().way == MappingWay::kDual || GetParam().way == MappingWay::kStaticTable;
  }

  static bool Calls(const BoundTrampoline& bound, uint32_t expected) {
    return bound.As<uint32_t(void*, uint32_t)>()(nullptr, 7) == expected;
  }

  absl::Status LinkAndRepoint(CodeArena& arena) {
    const LinkRequest request = {&signature_, &trampoline_,
                                 reinterpret_cast<const void*>(&Increment)};
    const LinkRequest requests[] = {request, request, request};
    absl::StatusOr<std::vector<BoundTrampoline>> linked = arena.LinkAll(requests);
    if (!linked.ok()) return linked.status();
    // They are whole, or not there.
    for (const BoundTrampoline& one : *linked) {
      if (!Calls(one, 8)) return absl::DataLossError("linked wrongly");
    }
    if (!CanRepoint()) return absl::OkStatus();
    absl::Status status = linked->front().Repoint(reinterpret_cast<const void*>(&Decrement));
    if (!Calls(linked->front(), status.ok() ? 6 : 8))
      return absl::DataLossError("re-pointed wrongly");
    return status;
  }

  // After an error the same arena links, once nothing fails any more.
  absl::Status Run(CodeArenaOptions options) {
    absl::StatusOr<CodeArena> arena = CodeArena::Create(std::move(options));
    if (!arena.ok()) return arena.status();
    absl::Status status = LinkAndRepoint(*arena);
    FailurePlan* const plan = SetFailurePlan(nullptr);
    EXPECT_FALSE(HasWritableView());
    if (status.ok()) {
      SetFailurePlan(plan);
      return status;
    }
    const absl::Status again = LinkAndRepoint(*arena);
    // A view that cannot be closed is given up, and all that was reserved in this way has one.
    const bool is_lost = GetParam().way == MappingWay::kDual && GetParam().reserves &&
                         GetErrorDetails(again).value_or(ErrorDetails{}).reason == "ARENA_FULL";
    EXPECT_TRUE(again.ok() || is_lost) << again << "\nafter " << status;
    return status;
  }

  Outcome RunWith(FailurePlan plan) {
    CodeArenaOptions options = options_;
    SetFailurePlan(&plan);
    absl::Status status = Run(std::move(options));
    SetFailurePlan(nullptr);
    return {std::move(status), plan.events};
  }

  static void ExpectRefused(const absl::Status& status) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    const std::optional<ErrorDetails> details = GetErrorDetails(status);
    EXPECT_EQ(details.has_value() ? details->reason : "", "MAPPING_REFUSED");
    const std::string name = FailedCall().substr(0, FailedCall().find(' '));
    EXPECT_NE(status.message().find(name), absl::string_view::npos) << status;
  }

  // A file of the arena's that is mapped to be written.
  static bool HasWritableView() {
    for (const std::string& line : MapsContaining(nullptr)) {
      const bool is_arena =
          line.find("/memfd:") != std::string::npos || line.find("/tmp/#") != std::string::npos;
      if (is_arena && line.find(" rw") != std::string::npos) return true;
    }
    return false;
  }

  // Of a call that failed and has another in its place, or is not worth an error.
  static bool HasAlternative(const std::string& call, int error) {
    // Code that is not mapped near its callee is mapped elsewhere; without /proc, code that is
    // complete is mapped in another way; a view whose pages cannot be closed is closed as a whole;
    // before Linux 6.3 a memfd has one flag less; a profiler's file is incomplete.
    return call == "mmap at" || call.find("open /proc/self/fd/") == 0 || call == "mprotect none" ||
           (call == "memfd_create" && error == EINVAL) || call == "write";
  }

  CodeArenaOptions options_;
  const TemporaryFolder folder_;
  std::unique_ptr<CodeObserver> perf_map_;
  std::unique_ptr<CodeObserver> jit_dump_;
  const Signature signature_ = *Signature::Parse("u16(u16)");
  const Trampoline trampoline_ = *Compile({signature_, *HostTarget()});
};

INSTANTIATE_TEST_SUITE_P(Setups, LinkFailureTest, testing::ValuesIn(AllSetups()), &SetupName);

TEST_P(LinkFailureTest, OfEveryAllocation) {
  for (const bool goes_on_failing : {false, true}) {
    int failures = 0;
    for (int failing = 0;; ++failing) {
      const size_t mappings = CountMappings();
      const long allocations = LiveAllocations();
      {
        const Outcome outcome = RunWith({true, failing, goes_on_failing, 0});
        if (outcome.events <= failing) {
          EXPECT_TRUE(outcome.status.ok()) << outcome.status;
          break;
        }
        ++failures;
        EXPECT_EQ(outcome.status.code(), absl::StatusCode::kResourceExhausted)
            << failing << ": " << outcome.status;
      }
      EXPECT_EQ(LiveAllocations(), allocations) << failing;
      EXPECT_EQ(CountMappings(), mappings) << failing;
    }
    EXPECT_GT(failures, 3);
  }
}

TEST_P(LinkFailureTest, OfEverySystemCall) {
  for (const int error : {ENOMEM, EINVAL}) {
    int failures = 0;
    for (int failing = 0;; ++failing) {
      const size_t mappings = CountMappings();
      const size_t files = OpenFiles();
      const Outcome outcome = RunWith({false, failing, false, error});
      if (outcome.events <= failing) {
        EXPECT_TRUE(outcome.status.ok()) << outcome.status;
        break;
      }
      ++failures;
      SCOPED_TRACE(testing::Message() << "call " << failing << ", " << FailedCall());
      if (!outcome.status.ok() || !HasAlternative(FailedCall(), error)) {
        ExpectRefused(outcome.status);
      }
      // Addresses without memory, of which nobody knows whose they are, may stay: neighbors of
      // others that did.
      const bool leaves_addresses = error == ENOMEM && FailedCall() == "mmap over";
      if (!leaves_addresses) {
        EXPECT_EQ(CountMappings(), mappings);
      }
      EXPECT_EQ(OpenFiles(), files);
    }
    EXPECT_EQ(failures > 0, GetParam().way != MappingWay::kStaticTable);
  }
}

// From some call on the system refuses everything. A view that cannot be closed is given up then:
// what was written through it stays, and what else was to be is an error.
TEST_P(LinkFailureTest, OfAllSystemCallsFromOneOn) {
  for (int failing = 0;; ++failing) {
    const size_t mappings = CountMappings();
    const size_t files = OpenFiles();
    const Outcome outcome = RunWith({false, failing, true, EACCES});
    SCOPED_TRACE(testing::Message() << "call " << failing << ", " << FailedCall());
    EXPECT_EQ(CountMappings(), mappings);
    EXPECT_EQ(OpenFiles(), files);
    const std::string reason =
        GetErrorDetails(outcome.status).value_or(ErrorDetails{"OK", ""}).reason;
    if (outcome.events <= failing) {
      EXPECT_EQ(reason, "OK");
      break;
    }
    if (GetParam().way == MappingWay::kDual || GetParam().reserves) {
      EXPECT_THAT(reason, testing::AnyOf("OK", "CALLEE_FIXED", "ARENA_FULL", "MAPPING_REFUSED"));
    } else if (GetParam().has_observers) {
      EXPECT_THAT(reason, testing::AnyOf("OK", "MAPPING_REFUSED"));
    } else {
      EXPECT_EQ(reason, "MAPPING_REFUSED") << outcome.status;
    }
  }
}

TEST_P(LinkFailureTest, ShortAndInterruptedWritesAreGoneOnWith) {
  SetWritesShort(true);
  const absl::Status status = Run(options_);
  SetWritesShort(false);
  EXPECT_TRUE(status.ok()) << status;
}

}  // namespace
}  // namespace springboard
