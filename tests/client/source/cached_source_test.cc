#include "client/source/cached_source.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "client/source/in_process_source.h"
#include "client/source/trampoline_cache.h"
#include "compiler/compile.h"
#include "tests/client/source/scripted_source.h"
#include "tests/support/signature_generator.h"

namespace springboard {
namespace {

using Results = std::future<CompileResults>;

CompileRequest Request(const char* signature, Target target = Target::kX64SystemV) {
  return {*Signature::Parse(signature), target};
}

absl::StatusCode CodeOf(Results& results, size_t index = 0) {
  return results.get().at(index).status().code();
}

bool IsReady(const Results& results) {
  return results.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

class CachedSourceTest : public testing::Test {
 protected:
  SourceCounts counts() const { return statistics_->Get(); }

  const std::shared_ptr<ScriptedSource> inner_ = std::make_shared<ScriptedSource>();
  const std::shared_ptr<SourceStatistics> statistics_ = std::make_shared<SourceStatistics>();
  CachedSource source_{inner_, 1 << 20, statistics_};
};

TEST_F(CachedSourceTest, KeepsWhatItGot) {
  Results first = source_.CompileLater({Request("u8(u8)")});
  inner_->Take().Answer();
  const absl::StatusOr<Trampoline> got = first.get().front();
  ASSERT_TRUE(got.ok());
  const absl::StatusOr<Trampoline> again = source_.Compile(Request("u8(u8)"));
  EXPECT_EQ(*again, *got);
  EXPECT_EQ(inner_->count(), 1);
  EXPECT_EQ(counts().cache_hits, 1u);
  EXPECT_EQ(counts().cache_misses, 1u);
}

TEST_F(CachedSourceTest, TellsSignaturesAndTargetsApart) {
  const std::vector<CompileRequest> requests = {Request("u8(u8)"),
                                                Request("u8()"),
                                                Request("u8(u8,u8)"),
                                                Request("i8(u8)"),
                                                Request("u8(u8)", Target::kX64Windows),
                                                Request("u8(u8)", Target::kA64Apple)};
  Results results = source_.CompileLater(requests);
  const ScriptedSource::Call call = inner_->Take();
  EXPECT_EQ(call.requests.size(), requests.size());
  call.Answer();
  const CompileResults answers = results.get();
  for (size_t i = 0; i < requests.size(); ++i) EXPECT_EQ(*answers[i], *Compile(requests[i]));
}

TEST_F(CachedSourceTest, AsksOnceForOneOfManyAlike) {
  Results results = source_.CompileLater({Request("u8(u8)"), Request("void()"), Request("u8(u8)")});
  const ScriptedSource::Call call = inner_->Take();
  EXPECT_EQ(call.requests.size(), 2u);
  call.Answer();
  const CompileResults answers = results.get();
  EXPECT_EQ(*answers[0], *answers[2]);
  EXPECT_EQ(answers[1]->code, Compile(Request("void()"))->code);
  EXPECT_EQ(counts().joined, 1u);
}

TEST_F(CachedSourceTest, AHundredThreadsMakeOneRequest) {
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int i = 0; i < 100; ++i) {
    threads.emplace_back([&] {
      const absl::StatusOr<Trampoline> answer = source_.Compile(Request("u8(u8)"));
      if (answer.ok() && *answer == *Compile(Request("u8(u8)"))) ++right;
    });
  }
  const ScriptedSource::Call call = inner_->Take();
  // Until all are waiting.
  while (counts().joined < 99) absl::SleepFor(absl::Milliseconds(1));
  call.Answer();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 100);
  EXPECT_EQ(inner_->count(), 1);
}

TEST_F(CachedSourceTest, ErrorsAreNotKept) {
  Results first = source_.CompileLater({Request("u8(u8)")});
  inner_->Take().Fail(absl::UnavailableError("gone"));
  EXPECT_EQ(CodeOf(first), absl::StatusCode::kUnavailable);
  Results second = source_.CompileLater({Request("u8(u8)")});
  inner_->Take().Answer();
  EXPECT_EQ(CodeOf(second), absl::StatusCode::kOk);
}

// Who waits for another's request goes on when that ends before its own time.
TEST_F(CachedSourceTest, AJoinedCallOutlivesTheOthersEnd) {
  for (const absl::Status& end :
       {absl::DeadlineExceededError("the first's"), absl::CancelledError("the first")}) {
    Results first = source_.CompileLater({Request("i16(u8)")}, absl::Now() + absl::Seconds(20));
    Results second = source_.CompileLater({Request("i16(u8)")});
    const ScriptedSource::Call call = inner_->Take();
    call.Fail(end);
    EXPECT_EQ(CodeOf(first), end.code());
    EXPECT_FALSE(IsReady(second));
    const ScriptedSource::Call repeated = inner_->Take();
    EXPECT_EQ(repeated.options.deadline, absl::InfiniteFuture());
    repeated.Fail(absl::UnavailableError("gone"));
    EXPECT_EQ(CodeOf(second), absl::StatusCode::kUnavailable);
  }
}

TEST_F(CachedSourceTest, AJoinedCallHasItsOwnDeadlineAndCancellation) {
  const absl::Time deadline = absl::Now() + absl::Milliseconds(200);
  Results first = source_.CompileLater({Request("u8(u8)")}, deadline + absl::Milliseconds(10));
  const ScriptedSource::Call call = inner_->Take();
  Results late = source_.CompileLater({Request("u8(u8)")}, deadline);
  const Cancellation cancellation = Cancellation::New();
  Results given_up =
      source_.CompileLater({Request("u8(u8)")}, {absl::InfiniteFuture(), cancellation});
  EXPECT_EQ(counts().joined, 2u);
  EXPECT_EQ(CodeOf(late), absl::StatusCode::kDeadlineExceeded);
  EXPECT_FALSE(IsReady(given_up));
  cancellation.Cancel();
  EXPECT_EQ(CodeOf(given_up), absl::StatusCode::kCancelled);
  EXPECT_EQ(CodeOf(first), absl::StatusCode::kDeadlineExceeded);
  call.Answer();
}

// It could be answered in time by itself, and would not be by the other's answer.
TEST_F(CachedSourceTest, ACallDoesNotWaitForOneThatMayTakeMuchLonger) {
  const absl::Time now = absl::Now();
  Results hangs = source_.CompileLater({Request("u8(u8)")});
  Results patient = source_.CompileLater({Request("u8(u8)")}, now + absl::Seconds(60));
  Results hasty = source_.CompileLater({Request("u8(u8)")}, now + absl::Seconds(20));
  ASSERT_EQ(inner_->count(), 3);
  // The one that ends first is joined.
  Results joins = source_.CompileLater({Request("u8(u8)")}, now + absl::Seconds(60));
  EXPECT_EQ(inner_->count(), 3);
  const ScriptedSource::Call first = inner_->Take();
  const ScriptedSource::Call second = inner_->Take();
  inner_->Take().Answer();
  EXPECT_EQ(CodeOf(hasty), absl::StatusCode::kOk);
  EXPECT_EQ(CodeOf(joins), absl::StatusCode::kOk);
  EXPECT_FALSE(IsReady(hangs));
  EXPECT_FALSE(IsReady(patient));
  first.Answer();
  second.Answer();
  EXPECT_EQ(CodeOf(hangs), absl::StatusCode::kOk);
  EXPECT_EQ(CodeOf(patient), absl::StatusCode::kOk);
}

TEST_F(CachedSourceTest, WhatACutOffCallLeavesIsAskedForInOneRequest) {
  const std::vector<CompileRequest> requests = {Request("u8(u8)"), Request("i8(i8)"),
                                                Request("u16(u16)")};
  const Cancellation cancellation = Cancellation::New();
  Results first = source_.CompileLater(requests, {absl::InfiniteFuture(), cancellation});
  Results second = source_.CompileLater(requests);
  cancellation.Cancel();
  inner_->Take().Fail(absl::CancelledError("the first"));
  const ScriptedSource::Call again = inner_->Take();
  EXPECT_EQ(again.requests.size(), 3u);
  again.Answer();
  EXPECT_EQ(CodeOf(second, 2), absl::StatusCode::kOk);
  EXPECT_EQ(counts().cache_misses, 6u) << "no request is counted twice";
}

// To a newer server, and back.
TEST_F(CachedSourceTest, AnotherCodegenVersionMakesTheOthersTrampolinesUseless) {
  const std::pair<uint32_t, const char*> answers[] = {
      {1, "u16(u16)"}, {2, "i16(i16)"}, {1, "f64(f64)"}};
  for (const auto& [version, new_signature] : answers) {
    Results tells_version = source_.CompileLater({Request(new_signature)});
    inner_->Take().Answer(version);
    EXPECT_EQ(CodeOf(tells_version), absl::StatusCode::kOk);
    Results asked_again = source_.CompileLater({Request("u8(u8)")});
    ASSERT_FALSE(IsReady(asked_again));
    inner_->Take().Answer(version);
    EXPECT_EQ(asked_again.get().front()->codegen_version, version);
    Results kept = source_.CompileLater({Request("u8(u8)")});
    ASSERT_TRUE(IsReady(kept));
    EXPECT_EQ(kept.get().front()->codegen_version, version);
  }
}

TEST_F(CachedSourceTest, MayBeDestroyedWhileCallsAreInProgress) {
  auto source = std::make_unique<CachedSource>(inner_, 1 << 20, statistics_);
  Results first = source->CompileLater({Request("u8(u8)")});
  Results joined = source->CompileLater({Request("u8(u8)")});
  source.reset();
  inner_->Take().Answer();
  EXPECT_EQ(CodeOf(first), absl::StatusCode::kOk);
  EXPECT_EQ(CodeOf(joined), absl::StatusCode::kOk);
}

TEST_F(CachedSourceTest, MayBeDestroyedByWhatItCallsBack) {
  for (const bool is_kept : {false, true}) {
    auto source = std::make_unique<CachedSource>(std::make_shared<InProcessSource>(), 1 << 20,
                                                 std::make_shared<SourceStatistics>());
    ASSERT_TRUE(!is_kept || source->Compile(Request("u8(u8)")).ok());
    bool is_called = false;
    source->Start({Request("u8(u8)")}, {}, [&](const CompileResults& results) {
      EXPECT_TRUE(results.front().ok());
      source.reset();
      is_called = true;
    });
    EXPECT_TRUE(is_called);
  }
}

TEST(TrampolineCacheTest, StaysBelowItsSizeAndForgetsWhatWasNotUsedForLongest) {
  constexpr size_t kMaxBytes = 40000;
  TrampolineCache cache(kMaxBytes);
  SignatureGenerator generator(/*seed=*/9);
  const CompileRequest kept = Request("u8(u8)");
  cache.Add(kept, *Compile(kept));
  std::vector<CompileRequest> requests;
  for (int i = 0; i < 1000; ++i) {
    const CompileRequest request = {generator.Next(), Target::kX64SystemV};
    requests.push_back(request);
    cache.Add(request, *Compile(request));
    ASSERT_LE(cache.bytes(), kMaxBytes);
    ASSERT_TRUE(cache.Find(kept).has_value()) << "it is used all the time";
  }
  EXPECT_GT(cache.bytes(), kMaxBytes / 2);
  EXPECT_TRUE(cache.Find(requests.back()).has_value());
  EXPECT_FALSE(cache.Find(requests.front()).has_value());
}

TEST(TrampolineCacheTest, OfNoSizeKeepsNothing) {
  TrampolineCache cache(0);
  cache.Add(Request("u8(u8)"), *Compile(Request("u8(u8)")));
  EXPECT_FALSE(cache.Find(Request("u8(u8)")).has_value());
  EXPECT_EQ(cache.bytes(), 0u);
}

// Run it by tools/test-threads too.
TEST(TrampolineCacheTest, IsReadWhileItForgets) {
  TrampolineCache cache(/*max_bytes=*/8000);
  std::vector<CompileRequest> requests;
  std::vector<Trampoline> trampolines;
  SignatureGenerator generator(/*seed=*/3);
  for (int i = 0; i < 60; ++i) {
    requests.push_back({generator.Next(), Target::kX64SystemV});
    trampolines.push_back(*Compile(requests.back()));
  }
  std::atomic<bool> ends = false;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!ends) {
        for (size_t j = 0; j < requests.size(); ++j) {
          const std::optional<Trampoline> found = cache.Find(requests[j]);
          if (found.has_value() && !(*found == trampolines[j])) ++wrong;
        }
      }
    });
  }
  for (int round = 0; round < 50; ++round) {
    for (size_t j = 0; j < requests.size(); ++j) {
      cache.Add(requests[j], trampolines[j]);
    }
  }
  ends = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace springboard
