// Packs: what is written is read again, in place.

#include "client/pack/pack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "client/pack/pack_check.h"
#include "client/pack/pack_format.h"
#include "client/pack/stable_hash.h"
#include "compiler/compile.h"
#include "compiler/error_details.h"
#include "tests/support/files.h"
#include "tests/support/pack_bytes.h"
#include "tests/support/signature_generator.h"

namespace springboard {
namespace {

std::vector<CompileRequest> SomeRequests(size_t count) {
  std::vector<CompileRequest> requests;
  SignatureGenerator generator(/*seed=*/5);
  for (size_t i = 0; i < count; ++i) {
    requests.push_back({generator.Next(), AllTargets()[i % 5].target});
  }
  return requests;
}

std::string ReasonOf(const absl::Status& status) {
  return GetErrorDetails(status).value_or(ErrorDetails{"none", ""}).reason;
}

// Counts of entries around those at which the fan-out grows, and around a page of the index.
TEST(PackTest, GivesWhatWasWritten) {
  const TemporaryFolder folder;
  const std::string path = folder.File("stubs.pack");
  for (const size_t count : {1, 2, 3, 4, 7, 8, 31, 32, 33, 127, 128, 129, 1000}) {
    SCOPED_TRACE(count);
    const std::vector<CompileRequest> requests = SomeRequests(count);
    ASSERT_TRUE(WritePack(path, requests).ok());
    const absl::StatusOr<Pack> pack = Pack::Open(path);
    ASSERT_TRUE(pack.ok()) << pack.status();
    EXPECT_TRUE(pack->is_mapped());
    EXPECT_LE(pack->size(), requests.size());
    EXPECT_EQ(pack->codegen_version(), kCodegenVersion);
    for (const CompileRequest& request : requests) {
      const absl::StatusOr<Trampoline> found = pack->Find(request);
      ASSERT_TRUE(found.ok()) << found.status();
      EXPECT_EQ(*found, *Compile(request));
    }
    const size_t faults =
        CheckPack(*pack, {{}, [](const absl::Status& fault) { ADD_FAILURE() << fault; }});
    EXPECT_EQ(faults, 0u);
  }
}

TEST(PackTest, ItsCodeIsUsedInPlace) {
  const CompileRequest request = {*Signature::Parse("f64(f64)"), Target::kA64Linux};
  const absl::StatusOr<Pack> pack = Pack::Parse(PackOf({request}), "my.pack");
  ASSERT_TRUE(pack.ok()) << pack.status();
  const absl::StatusOr<PackEntry> entry = pack->Lookup(request);
  ASSERT_TRUE(entry.ok()) << entry.status();
  EXPECT_GE(entry->code().data(), pack->bytes().data());
  EXPECT_LE(entry->code().data() + entry->code().size(),
            pack->bytes().data() + pack->bytes().size());
  EXPECT_EQ(entry->key(), RequestKey(request));
  EXPECT_EQ(pack->RequestOf(*entry)->signature, request.signature);
  EXPECT_EQ(pack->RequestOf(*entry)->target, request.target);
}

TEST(PackTest, WhatItDoesNotHaveIsAnErrorThatSaysSo) {
  const Signature signature = *Signature::Parse("u8(u8)");
  const absl::StatusOr<Pack> pack =
      Pack::Parse(PackOf({{signature, Target::kX64SystemV}}), "a.pack");
  ASSERT_TRUE(pack.ok());
  EXPECT_TRUE(pack->Find({signature, Target::kX64SystemV}).ok());
  const absl::Status status = pack->Find({signature, Target::kA64Linux}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(status), "NOT_IN_PACK");
  EXPECT_EQ(status.message(), "a.pack has no trampoline of u8(u8) for aarch64-linux");
  const absl::StatusOr<Pack> many = Pack::Parse(PackOf(SomeRequests(500)), "many.pack");
  ASSERT_TRUE(many.ok());
  SignatureGenerator others(/*seed=*/6);
  size_t missing = 0;
  for (int i = 0; i < 500; ++i) {
    const absl::Status found = many->Find({others.Next(), Target::kX64Windows}).status();
    if (found.ok()) continue;
    EXPECT_EQ(ReasonOf(found), "NOT_IN_PACK");
    ++missing;
  }
  EXPECT_GT(missing, 400u);
}

// Two signatures whose keys have one hash, which anybody can look for.
TEST(PackTest, AnotherSignatureOfTheSameHashIsNotFound) {
  const CompileRequest in_pack = {
      *Signature::Parse(
          "i32(i8,usize,u64,i16,isize,function,i16,buffer,bool,usize,i16,u64,function,"
          "usize,usize,i8)"),
      Target::kX64SystemV};
  const CompileRequest other = {
      *Signature::Parse(
          "i32(f64,i64,bool,u8,u64,function,u16,f32,i16,f64,usize,isize,u64,buffer,f32,"
          "u16)"),
      Target::kX64SystemV};
  ASSERT_EQ(StableHash(RequestKey(in_pack)), StableHash(RequestKey(other)));
  const absl::StatusOr<Pack> pack = Pack::Parse(PackOf({in_pack}), "a.pack");
  ASSERT_TRUE(pack.ok()) << pack.status();
  for (int i = 0; i < 3; ++i) {
    const absl::Status status = pack->Lookup(other).status();
    EXPECT_EQ(ReasonOf(status), reason::kNotInPack) << "lookup " << i << ": " << status;
    EXPECT_TRUE(pack->Lookup(in_pack).ok()) << i;
  }
}

TEST(PackTest, MayBeEmpty) {
  const absl::StatusOr<Pack> empty = Pack::Parse(PackOf({}), "empty.pack");
  ASSERT_TRUE(empty.ok()) << empty.status();
  EXPECT_EQ(empty->size(), 0u);
  EXPECT_EQ(ReasonOf(empty->Find(SomeRequests(1)[0]).status()), "NOT_IN_PACK");
  EXPECT_EQ(CheckPack(*empty, {}), 0u);
}

TEST(PackTest, ManyThreadsMayAskAtOnce) {
  const std::vector<CompileRequest> requests = SomeRequests(2000);
  const absl::StatusOr<Pack> pack = Pack::Parse(PackOf(requests), "a.pack");
  ASSERT_TRUE(pack.ok()) << pack.status();
  std::vector<size_t> found(4, 0);
  std::vector<std::thread> threads;
  for (size_t& count : found) {
    threads.emplace_back([&] {
      for (const CompileRequest& request : requests) count += pack->Find(request).ok() ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(found, testing::Each(requests.size()));
}

}  // namespace
}  // namespace springboard
