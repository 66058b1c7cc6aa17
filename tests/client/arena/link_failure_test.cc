// Every allocation and every system call of linking fails once: an error each time, and nothing is
// left behind.

#include <dirent.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/arena/code_arena.h"
#include "client/arena/common_table.h"
#include "client/host_target.h"
#include "compiler/compile.h"
#include "compiler/error_details.h"
#include "tests/client/arena/all_ways.h"
#include "tests/client/arena/failure_injection.h"
#include "tests/client/arena/memory_map.h"

namespace springboard {
namespace {

uint16_t Increment(uint16_t value) { return static_cast<uint16_t>(value + 1); }

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

class LinkFailureTest : public testing::TestWithParam<MappingWay> {
 protected:
  LinkFailureTest() {
    options_.way = GetParam();
    options_.static_table = &springboard_common_table;
    options_.temporary_directory = "/tmp";
    // What is made once in a process, and stays.
    EXPECT_TRUE(Run().ok());
  }

  absl::Status Run() {
    absl::StatusOr<CodeArena> arena = CodeArena::Create(options_);
    if (!arena.ok()) return arena.status();
    const LinkRequest request = {&signature_, &trampoline_,
                                 reinterpret_cast<const void*>(&Increment)};
    const LinkRequest requests[] = {request, request, request};
    const absl::StatusOr<std::vector<BoundTrampoline>> linked = arena->LinkAll(requests);
    if (!linked.ok()) return linked.status();
    // It is whole, or it is not there.
    for (const BoundTrampoline& one : *linked) {
      if (one.As<uint32_t(void*, uint32_t)>()(nullptr, 7) != 8) return absl::DataLossError("");
    }
    return absl::OkStatus();
  }

  Outcome RunWith(FailurePlan plan) {
    SetFailurePlan(&plan);
    absl::Status status = Run();
    SetFailurePlan(nullptr);
    return {std::move(status), plan.events};
  }

  CodeArenaOptions options_;
  const Signature signature_ = *Signature::Parse("u16(u16)");
  const Trampoline trampoline_ = *Compile({signature_, *HostTarget()});
};

INSTANTIATE_TEST_SUITE_P(Ways, LinkFailureTest, testing::ValuesIn(kAllWays), &WayName);

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
    // Without /proc, code that is complete is mapped in another way.
    const bool has_alternative = FailedCall() == "open" && outcome.status.ok();
    if (!has_alternative) {
      EXPECT_EQ(outcome.status.code(), absl::StatusCode::kUnavailable) << outcome.status;
      const std::optional<ErrorDetails> details = GetErrorDetails(outcome.status);
      EXPECT_EQ(details.has_value() ? details->reason : "", "MAPPING_REFUSED");
      EXPECT_NE(outcome.status.message().find(FailedCall()), absl::string_view::npos)
          << outcome.status;
    }
    EXPECT_EQ(CountMappings(), mappings);
    EXPECT_EQ(OpenFiles(), files);
  }
  EXPECT_EQ(failures > 0, GetParam() != MappingWay::kStaticTable);
}

}  // namespace
}  // namespace springboard
