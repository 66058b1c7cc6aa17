// A pack that is damaged, or that somebody made to do harm: an error, or the right answer.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/log.h"
#include "client/pack/pack.h"
#include "client/pack/pack_check.h"
#include "client/pack/pack_format.h"
#include "client/source/pack_source.h"
#include "client/source/verified_source.h"
#include "compiler/compile.h"
#include "compiler/error_details.h"
#include "tests/support/pack_bytes.h"

namespace springboard {
namespace {

using testing::HasSubstr;

const std::vector<CompileRequest>& Requests() {
  static const auto* const requests = new std::vector<CompileRequest>([] {
    std::vector<CompileRequest> all;
    for (const char* text : {"f64(f64,f64)", "i8(i8)", "u64(buffer,u16)", "void()"}) {
      for (const TargetInfo& row : AllTargets()) {
        all.push_back({*Signature::Parse(text), row.target});
      }
    }
    return all;
  }());
  return *requests;
}

std::string ReasonOf(const absl::Status& status) {
  return GetErrorDetails(status).value_or(ErrorDetails{"none", ""}).reason;
}

std::string MessageOf(const absl::StatusOr<Pack>& pack) {
  return std::string(pack.status().message());
}

// The errors of all entries, by lookups and by CheckPack().
struct Verdict {
  size_t lookup_errors = 0;
  size_t faults = 0;
  std::string first_fault;
};

Verdict Examine(const std::string& bytes) {
  const absl::StatusOr<Pack> pack = Pack::Parse(bytes, "a.pack");
  EXPECT_TRUE(pack.ok()) << pack.status();
  Verdict verdict;
  if (!pack.ok()) return verdict;
  for (const CompileRequest& request : Requests()) {
    const absl::Status status = pack->Find(request).status();
    if (status.ok()) continue;
    ++verdict.lookup_errors;
  }
  verdict.faults = CheckPack(*pack, {{}, [&](const absl::Status& fault) {
                                       // The SHA-256 is always wrong here.
                                       if (fault.message() ==
                                           "a.pack does not have the SHA-256 "
                                           "that it says") {
                                         return;
                                       }
                                       if (verdict.first_fault.empty()) {
                                         verdict.first_fault = std::string(fault.message());
                                       }
                                     }});
  return verdict;
}

class HostilePackTest : public testing::Test {
 protected:
  HostilePackTest() : good_(PackOf(Requests())) {
    SetClientLogSink([](absl::string_view /*line*/) {});
  }
  ~HostilePackTest() override { SetClientLogSink(nullptr); }

  const std::string good_;
};

TEST_F(HostilePackTest, WhatIsNoPackIsRefusedWithTheReason) {
  EXPECT_THAT(MessageOf(Pack::Parse("", "a.pack")), HasSubstr("a.pack is no pack: it has 0 bytes"));
  EXPECT_THAT(MessageOf(Pack::Parse("#!/bin/sh" + good_, "a.pack")),
              HasSubstr("does not begin with SPRBPACK"));
  EXPECT_THAT(MessageOf(Pack::Parse(good_ + "x", "a.pack")),
              HasSubstr(absl::StrCat("says that it has ", good_.size(), " bytes; it has ",
                                     good_.size() + 1)));
}

TEST_F(HostilePackTest, OfAnotherFormatIsAnErrorThatSaysSo) {
  for (const uint32_t format : {0U, 1U, 3U, 0xFFFFFFFFU}) {
    PackHeader header = HeaderOf(good_);
    header.format = format;
    std::string other = good_;
    SetHeader(header, other);
    for (const std::string& bytes : {other, other.substr(0, 32)}) {
      const absl::Status status = Pack::Parse(bytes, "a.pack").status();
      EXPECT_EQ(ReasonOf(status), "VERSION_MISMATCH");
      EXPECT_THAT(std::string(status.message()),
                  HasSubstr(absl::StrCat("format ", format, "; this client reads format 2")));
    }
  }
}

TEST_F(HostilePackTest, CutOffAnywhereIsRefused) {
  for (size_t size = 0; size < good_.size(); ++size) {
    ASSERT_EQ(ReasonOf(Pack::Parse(good_.substr(0, size), "a.pack").status()), "MALFORMED_PACK")
        << "at " << size;
  }
}

// No bit of it may change what is found; not even from something to nothing.
TEST_F(HostilePackTest, ADamagedPackGivesErrorsOrWhatWasWritten) {
  std::vector<Trampoline> expected;
  for (const CompileRequest& request : Requests()) expected.push_back(*Compile(request));
  size_t errors = 0;
  size_t unchanged = 0;
  for (size_t i = 0; i < good_.size(); ++i) {
    for (const int change : {0x01, 0x80, 0xFF}) {
      std::string damaged = good_;
      damaged[i] = static_cast<char>(damaged[i] ^ change);
      const absl::StatusOr<Pack> pack = Pack::Parse(std::move(damaged), "a.pack");
      if (!pack.ok()) {
        ++errors;
        continue;
      }
      for (size_t request = 0; request < expected.size(); ++request) {
        const absl::StatusOr<Trampoline> found = pack->Find(Requests()[request]);
        ASSERT_TRUE(found.ok() || ReasonOf(found.status()) == "MALFORMED_PACK")
            << "byte " << i << ": " << found.status();
        ASSERT_TRUE(!found.ok() || *found == expected[request]) << "byte " << i;
        ++(found.ok() ? unchanged : errors);
      }
    }
  }
  EXPECT_GT(errors, 1000u);
  EXPECT_GT(unchanged, 1000u) << "the entries that are not damaged";
}

TEST_F(HostilePackTest, CheckFindsEveryDamage) {
  for (size_t i = 0; i < good_.size(); i += 7) {
    std::string damaged = good_;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    const absl::StatusOr<Pack> pack = Pack::Parse(std::move(damaged), "a.pack");
    if (!pack.ok()) continue;
    std::vector<std::string> reasons;
    const size_t faults = CheckPack(
        *pack, {{}, [&](const absl::Status& fault) { reasons.push_back(ReasonOf(fault)); }});
    ASSERT_GT(faults, 0u) << "byte " << i;
    ASSERT_EQ(reasons.size(), faults);
    ASSERT_EQ(reasons[0], "MALFORMED_PACK");
  }
}

// Every byte changed in several ways, and all hashes made right again: no crash, nothing out of
// bounds (under ASan), and nothing that is not right passes the verifier.
TEST_F(HostilePackTest, AForgedPackGivesErrorsOrWhatIsProven) {
  size_t errors = 0;
  size_t proven = 0;
  for (size_t i = 0; i < good_.size(); ++i) {
    for (const int change : {0x01, 0x80}) {
      std::string forged = good_;
      forged[i] = static_cast<char>(forged[i] ^ change);
      Seal(forged);
      absl::StatusOr<Pack> pack = Pack::Parse(std::move(forged), "a.pack");
      if (!pack.ok()) {
        ++errors;
        continue;
      }
      VerifiedSource source(std::make_shared<PackSource>(*std::move(pack)),
                            std::make_shared<SourceStatistics>());
      const CompileResults results = source.CompileMany(Requests());
      for (const auto& result : results) ++(result.ok() ? proven : errors);
    }
  }
  EXPECT_GT(errors, 1000u);
  EXPECT_GT(proven, 1000u) << "the entries that are not forged";
}

TEST_F(HostilePackTest, HugeCountsAreRefused) {
  const uint64_t numbers[] = {0,
                              1,
                              Requests().size() + 1,
                              uint64_t{1} << 28,
                              (uint64_t{1} << 28) + 1,
                              uint64_t{1} << 32,
                              uint64_t{1} << 59,
                              ~uint64_t{0}};
  for (const uint64_t number : numbers) {
    PackHeader header = HeaderOf(good_);
    header.entries = number;
    std::string forged = good_;
    SetHeader(header, forged);
    Seal(forged);
    EXPECT_EQ(ReasonOf(Pack::Parse(forged, "a.pack").status()), "MALFORMED_PACK") << number;
    header = HeaderOf(good_);
    header.index_offset = number;
    forged = good_;
    SetHeader(header, forged);
    Seal(forged);
    EXPECT_EQ(ReasonOf(Pack::Parse(forged, "a.pack").status()), "MALFORMED_PACK") << number;
  }
}

// An entry ends where the next begins: one offset that is wrong is wrong for two.
TEST_F(HostilePackTest, RowsThatOverlapOrLeaveGapsAreErrors) {
  const uint64_t second = RowOf(good_, 1).offset;
  const uint64_t third = RowOf(good_, 2).offset;
  const uint64_t fourth = RowOf(good_, 3).offset;
  for (const uint64_t offset :
       {uint64_t{0}, uint64_t{1}, second, second + 1, third - 1, third + 1, fourth - 1, fourth,
        fourth + 1, HeaderOf(good_).index_offset, uint64_t{good_.size()}, ~uint64_t{0}}) {
    std::string forged = good_;
    PackRow row = RowOf(forged, 2);
    row.offset = offset;
    SetRow(2, row, forged);
    Seal(forged);
    const Verdict verdict = Examine(forged);
    EXPECT_GE(verdict.lookup_errors, 1u) << offset;
    EXPECT_LE(verdict.lookup_errors, 2u) << offset;
    EXPECT_GE(verdict.faults, 2u) << offset << ": and the SHA-256";
  }
}

TEST_F(HostilePackTest, TheFirstAndTheLastEntryAreWhereTheyMustBe) {
  std::string forged = good_;
  PackRow row = RowOf(forged, 0);
  ++row.offset;
  SetRow(0, row, forged);
  Seal(forged);
  EXPECT_EQ(Examine(forged).lookup_errors, 1u);
  for (const uint64_t end : {uint64_t{0}, HeaderOf(good_).index_offset + 1, ~uint64_t{0}}) {
    forged = good_;
    row = RowOf(forged, Requests().size());
    row.offset = end;
    SetRow(Requests().size(), row, forged);
    Seal(forged);
    EXPECT_EQ(Examine(forged).lookup_errors, 1u) << end;
  }
}

TEST_F(HostilePackTest, SizesInAnEntryAreBounded) {
  const auto with = [this](const auto& change) {
    std::string forged = good_;
    PackEntryHeader header = EntryHeaderOf(forged, 2);
    change(header);
    SetEntryHeader(2, header, forged);
    Seal(forged);
    const Verdict verdict = Examine(forged);
    EXPECT_EQ(verdict.lookup_errors, 1u);
    return verdict.first_fault;
  };
  for (const int size : {0, 2, 260, 65535}) {
    EXPECT_THAT(
        with([&](PackEntryHeader& header) { header.key_bytes = static_cast<uint16_t>(size); }),
        HasSubstr(absl::StrCat("and a key of ", size)));
  }
  for (const uint32_t offset : {1000U, 0xFFFFFFFFU}) {
    EXPECT_THAT(with([&](PackEntryHeader& header) { header.callee_offset_bytes = offset; }),
                HasSubstr(absl::StrCat("got offset ", offset)));
  }
  EXPECT_THAT(with([](PackEntryHeader& header) { header.is_tail_call = 2; }),
              HasSubstr("yes or no"));
  EXPECT_THAT(with([](PackEntryHeader& header) { header.zero[2] = 1; }), HasSubstr("yes or no"));
}

TEST_F(HostilePackTest, AnIndexThatIsNotSortedIsFoundByCheck) {
  std::string forged = good_;
  const PackRow a = RowOf(good_, 3);
  const PackRow b = RowOf(good_, 4);
  SetRow(3, b, forged);
  SetRow(4, a, forged);
  Seal(forged);
  const Verdict verdict = Examine(forged);
  EXPECT_GT(verdict.lookup_errors, 0u);
  EXPECT_GT(verdict.faults, 1u) << "more than the SHA-256";
}

TEST_F(HostilePackTest, AnotherHashOfAKeyIsFoundByCheck) {
  std::string forged = good_;
  PackRow row = RowOf(forged, 5);
  ++row.hash;
  SetRow(5, row, forged);
  Seal(forged);
  const Verdict verdict = Examine(forged);
  EXPECT_EQ(verdict.lookup_errors, 1u);
  EXPECT_EQ(verdict.first_fault, "a.pack: entry 5: the index has another hash of its key");
}

// All rows have one hash: a lookup must not go through all of them.
TEST_F(HostilePackTest, KeysOfOneHashEndALookup) {
  std::string forged = good_;
  const PackRow first = RowOf(forged, 0);
  for (size_t i = 0; i < Requests().size(); ++i) {
    PackRow row = RowOf(forged, i);
    row.hash = first.hash;
    SetRow(i, row, forged);
  }
  Seal(forged);
  EXPECT_GE(Examine(forged).lookup_errors, Requests().size() - 8);
}

TEST_F(HostilePackTest, AFanOutThatPointsAnywhereIsAnError) {
  for (const uint32_t value : {1U, 20U, 21U, 0xFFFFFFFFU}) {
    std::string forged = good_;
    const size_t buckets = FanOutBuckets(Requests().size());
    for (size_t i = 0; i < buckets; i += 2) {
      std::memcpy(forged.data() + HeaderOf(good_).index_offset + i * sizeof(value), &value,
                  sizeof(value));
    }
    Seal(forged);
    EXPECT_GT(Examine(forged).lookup_errors, 0u) << value;
  }
}

TEST_F(HostilePackTest, KeysThatAskForNothingAreFaults) {
  const absl::StatusOr<Pack> pack = Pack::Parse(good_, "a.pack");
  ASSERT_TRUE(pack.ok()) << pack.status();
  const auto with = [&](size_t byte, char value) {
    const PackEntry good = *pack->Entry(0);
    std::string entry(good.bytes());
    entry[sizeof(PackEntryHeader) + byte] = value;
    return pack->RequestOf(PackEntry(entry, good.key().size(), good.offset())).status();
  };
  EXPECT_THAT(std::string(with(0, 5).message()), HasSubstr("is for target 5, which is none"));
  EXPECT_THAT(std::string(with(1, 1).message()), HasSubstr("is for profile 1, which is none"));
  EXPECT_THAT(std::string(with(2, 17).message()), HasSubstr("is for type 17, which is none"));
  EXPECT_THAT(std::string(with(2, '\xFF').message()), HasSubstr("is for type 255, which is none"));
}

}  // namespace
}  // namespace springboard
