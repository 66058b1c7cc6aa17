// The making of many trampolines in several threads: in order, proven, and with the first error.

#include "client/cli/compile_portions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/time/clock.h"
#include "client/source/in_process_source.h"
#include "compiler/compile.h"
#include "compiler/error_details.h"
#include "tests/support/signature_generator.h"

namespace springboard {
namespace {

using testing::HasSubstr;

constexpr size_t kPortion = 10;

std::vector<CompileRequest> SomeRequests(size_t count) {
  SignatureGenerator generator(1);
  std::vector<CompileRequest> requests;
  for (size_t i = 0; i < count; ++i) {
    requests.push_back(
        {generator.Next(), AllTargets()[i % kTargetCount].target, CallerProfile::kV8_10});
  }
  return requests;
}

bool AreSame(const CompileRequest& a, const CompileRequest& b) {
  return RequestKey(a) == RequestKey(b);
}

// Gives requests in portions.
NextRequests InPortions(const std::vector<CompileRequest>& requests) {
  return [rest = absl::MakeConstSpan(requests)]() mutable {
    const auto portion = rest.subspan(0, kPortion);
    rest.remove_prefix(portion.size());
    return std::vector<CompileRequest>(portion.begin(), portion.end());
  };
}

// Compiles here, but for what `change` does to the results of the nth call. The first calls take
// longest.
class ChangedSource final : public TrampolineSource {
 public:
  using Change = std::function<void(absl::Span<const CompileRequest>, CompileResults&)>;
  explicit ChangedSource(Change change) : change_(std::move(change)) {}

  void Start(std::vector<CompileRequest> requests, const CallOptions& /*options*/,
             CompileCallback done) override {
    CompileResults results;
    for (const CompileRequest& request : requests) results.push_back(springboard::Compile(request));
    change_(requests, results);
    const int call = calls_++;
    absl::SleepFor(absl::Milliseconds(std::max(0, 8 - 2 * call)));
    done(std::move(results));
  }
  absl::StatusOr<Capabilities> GetCapabilities(const CallOptions& /*options*/) override {
    return absl::UnimplementedError("not asked for");
  }

  int calls() const { return calls_; }

 private:
  const Change change_;
  std::atomic<int> calls_ = 0;
};

PortionOptions Options(TrampolineSource& source, uint32_t threads) {
  return {&source, [] { return absl::Now() + absl::Minutes(1); }, threads};
}

// What `take` is given, and whether it is called by two threads at a time.
struct Taken {
  std::vector<CompileRequest> requests;
  std::vector<Trampoline> trampolines;
  std::atomic<int> inside = 0;
  bool is_shared = false;

  TakePortion Take() {
    return [this](absl::Span<const CompileRequest> some, absl::Span<const Trampoline> made) {
      is_shared = is_shared || inside++ != 0;
      requests.insert(requests.end(), some.begin(), some.end());
      trampolines.insert(trampolines.end(), made.begin(), made.end());
      --inside;
      return absl::OkStatus();
    };
  }
};

TEST(CompilePortionsTest, GivesEachInOrderWhateverTheThreads) {
  const std::vector<CompileRequest> requests = SomeRequests(205);
  std::vector<Trampoline> expected;
  for (const CompileRequest& request : requests) expected.push_back(*Compile(request));
  for (const uint32_t threads : {1, 2, 7, 64}) {
    ChangedSource source([](auto, auto&) {});
    Taken taken;
    ASSERT_EQ(CompilePortions(Options(source, threads), InPortions(requests), taken.Take()),
              absl::OkStatus());
    EXPECT_FALSE(taken.is_shared) << threads << " threads";
    EXPECT_EQ(source.calls(), 21) << threads << " threads";
    EXPECT_TRUE(taken.trampolines == expected) << threads << " threads";
    EXPECT_TRUE(std::equal(taken.requests.begin(), taken.requests.end(), requests.begin(),
                           requests.end(), AreSame))
        << threads << " threads";
  }
}

TEST(CompilePortionsTest, NothingGivesNothing) {
  InProcessSource source;
  Taken taken;
  EXPECT_EQ(CompilePortions(Options(source, 3), InPortions({}), taken.Take()), absl::OkStatus());
  EXPECT_TRUE(taken.trampolines.empty());
}

TEST(CompilePortionsTest, TheFirstErrorInOrderIsReturned) {
  const std::vector<CompileRequest> requests = SomeRequests(100);
  for (const uint32_t threads : {1, 2, 7, 64}) {
    ChangedSource source([&](absl::Span<const CompileRequest> some, CompileResults& results) {
      for (size_t i = 0; i < some.size(); ++i) {
        if (AreSame(some[i], requests[35]) || AreSame(some[i], requests[71])) {
          results[i] = MakeError(absl::StatusCode::kUnavailable, "AWAY", "server", "is away");
        }
      }
    });
    Taken taken;
    const absl::Status status =
        CompilePortions(Options(source, threads), InPortions(requests), taken.Take());
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << threads << " threads";
    EXPECT_EQ(GetErrorDetails(status)->field, requests[35].signature.ToString() + ".server");
    EXPECT_EQ(taken.trampolines.size(), 30) << threads << " threads";
  }
}

TEST(CompilePortionsTest, CodeThatIsNotProvenIsAnError) {
  const std::vector<CompileRequest> requests = SomeRequests(40);
  ChangedSource source([&](absl::Span<const CompileRequest> some, CompileResults& results) {
    for (size_t i = 0; i < some.size(); ++i) {
      if (AreSame(some[i], requests[25])) results[i]->code[0] ^= 0xFF;
    }
  });
  Taken taken;
  const absl::Status status =
      CompilePortions(Options(source, 2), InPortions(requests), taken.Take());
  EXPECT_EQ(GetErrorDetails(status)->reason, reason::kCodeRejected) << status;
  EXPECT_THAT(GetErrorDetails(status)->field, HasSubstr(requests[25].signature.ToString()));
  EXPECT_EQ(taken.trampolines.size(), 20);
}

TEST(CompilePortionsTest, WhatIsNotTakenEndsIt) {
  const std::vector<CompileRequest> requests = SomeRequests(1000);
  ChangedSource source([](auto, auto&) {});
  const absl::Status full = absl::ResourceExhaustedError("the disk is full");
  int takes = 0;
  EXPECT_EQ(CompilePortions(Options(source, 4), InPortions(requests),
                            [&](auto, auto) { return ++takes == 3 ? full : absl::OkStatus(); }),
            full);
  EXPECT_EQ(takes, 3);
  EXPECT_LE(source.calls(), 3 + 4) << "the threads go on after an error";
}

}  // namespace
}  // namespace springboard
