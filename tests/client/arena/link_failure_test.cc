// Every allocation and every system call of linking fails once: an error each time, and nothing is
// left behind.

#include <dirent.h>
#include <gtest/gtest.h>

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
      options_.observers = {perf_map_.get(), &GdbJit()};
    }
    // What is made once in a process, and stays.
    EXPECT_TRUE(Run(options_).ok());
  }
  ~LinkFailureTest() override { EXPECT_FALSE(AskedForWritableCode()); }

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
    if (status.ok()) return status;
    SetFailurePlan(nullptr);
    const absl::Status again = LinkAndRepoint(*arena);
    EXPECT_TRUE(again.ok()) << again << "\nafter " << status;
    return status;
  }

  Outcome RunWith(FailurePlan plan) {
    CodeArenaOptions options = options_;
    SetFailurePlan(&plan);
    absl::Status status = Run(std::move(options));
    SetFailurePlan(nullptr);
    return {std::move(status), plan.events};
  }

  // Of a call that failed and has another in its place.
  static bool HasAlternative(const std::string& call) {
    // Without /proc, code that is complete is mapped in another way; a view whose pages cannot be
    // closed is closed as a whole.
    return call.find("open /proc/self/fd/") == 0 || call == "mprotect";
  }

  CodeArenaOptions options_;
  const TemporaryFolder folder_;
  std::unique_ptr<CodeObserver> perf_map_;
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
        const Outcome outcome = RunWith({true, failing, goes_on_failing});
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
  int failures = 0;
  for (int failing = 0;; ++failing) {
    const size_t mappings = CountMappings();
    const size_t files = OpenFiles();
    const Outcome outcome = RunWith({false, failing, false});
    if (outcome.events <= failing) {
      EXPECT_TRUE(outcome.status.ok()) << outcome.status;
      break;
    }
    ++failures;
    SCOPED_TRACE(testing::Message() << "call " << failing << ", " << FailedCall());
    if (!outcome.status.ok() || !HasAlternative(FailedCall())) {
      EXPECT_EQ(outcome.status.code(), absl::StatusCode::kUnavailable) << outcome.status;
      const std::optional<ErrorDetails> details = GetErrorDetails(outcome.status);
      EXPECT_EQ(details.has_value() ? details->reason : "", "MAPPING_REFUSED");
      const std::string name = FailedCall().substr(0, FailedCall().find(' '));
      EXPECT_NE(outcome.status.message().find(name), absl::string_view::npos) << outcome.status;
    }
    EXPECT_EQ(CountMappings(), mappings);
    EXPECT_EQ(OpenFiles(), files);
  }
  EXPECT_EQ(failures > 0, GetParam().way != MappingWay::kStaticTable);
}

}  // namespace
}  // namespace springboard
