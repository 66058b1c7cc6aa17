// Packs: what is written is read again, and a file that anybody made does no harm.

#include "client/pack/pack.h"

#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/log.h"
#include "client/pack/pack_format.h"
#include "client/pack/pack_writer.h"
#include "client/source/pack_source.h"
#include "client/source/verified_source.h"
#include "compiler/compile.h"
#include "compiler/error_details.h"
#include "tests/support/signature_generator.h"

namespace springboard {
namespace {

using testing::HasSubstr;

std::vector<CompileRequest> SomeRequests(size_t count) {
  std::vector<CompileRequest> requests;
  SignatureGenerator generator(/*seed=*/5);
  for (size_t i = 0; i < count; ++i) {
    requests.push_back({generator.Next(), AllTargets()[i % 5].target});
  }
  return requests;
}

PackWriter PackOf(const std::vector<CompileRequest>& requests) {
  PackWriter writer;
  for (const CompileRequest& request : requests) {
    const absl::Status status = writer.Add(request, *Compile(request));
    EXPECT_TRUE(status.ok()) << status;
  }
  return writer;
}

std::string ReasonOf(const absl::Status& status) {
  return GetErrorDetails(status).value_or(ErrorDetails{"none", ""}).reason;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Names in a folder, of which there is none of ours but what is expected.
std::vector<std::string> FilesIn(const std::string& folder) {
  std::vector<std::string> names;
  DIR* const open = opendir(folder.c_str());
  while (const dirent* const entry = readdir(open)) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  closedir(open);
  return names;
}

class PackTest : public testing::Test {
 protected:
  PackTest() : folder_(testing::TempDir() + "/XXXXXX") {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
  }

  std::string folder_;
};

TEST_F(PackTest, GivesWhatWasWritten) {
  const std::vector<CompileRequest> requests = SomeRequests(1000);
  const std::string path = folder_ + "/stubs.pack";
  const PackWriter writer = PackOf(requests);
  ASSERT_TRUE(writer.WriteTo(path).ok());
  EXPECT_EQ(FilesIn(folder_), std::vector<std::string>{"stubs.pack"});
  const absl::StatusOr<Pack> pack = Pack::Open(path);
  ASSERT_TRUE(pack.ok()) << pack.status();
  EXPECT_EQ(pack->size(), writer.size());
  EXPECT_EQ(pack->codegen_version(), kCodegenVersion);
  for (const CompileRequest& request : requests) {
    const absl::StatusOr<Trampoline> found = pack->Find(request);
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(*found, *Compile(request));
  }
}

TEST_F(PackTest, WhatItDoesNotHaveIsAnErrorThatSaysSo) {
  const Signature signature = *Signature::Parse("u8(u8)");
  const absl::StatusOr<Pack> pack =
      Pack::Parse(PackOf({{signature, Target::kX64SystemV}}).ToBytes(), "my.pack");
  ASSERT_TRUE(pack.ok());
  EXPECT_TRUE(pack->Find({signature, Target::kX64SystemV}).ok());
  const absl::Status status = pack->Find({signature, Target::kA64Linux}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(status), "NOT_IN_PACK");
  EXPECT_EQ(status.message(), "my.pack has no trampoline of u8(u8) for aarch64-linux");
  const absl::StatusOr<Pack> empty = Pack::Parse(PackWriter().ToBytes(), "empty.pack");
  ASSERT_TRUE(empty.ok());
  EXPECT_EQ(ReasonOf(empty->Find({signature, Target::kX64SystemV}).status()), "NOT_IN_PACK");
}

TEST_F(PackTest, ItsBytesDoNotDependOnTheOrder) {
  std::vector<CompileRequest> requests = SomeRequests(200);
  const std::string bytes = PackOf(requests).ToBytes();
  std::reverse(requests.begin(), requests.end());
  requests.push_back(requests.front());
  EXPECT_EQ(PackOf(requests).ToBytes(), bytes);
}

TEST_F(PackTest, IsOfOneCodegenVersion) {
  PackWriter writer = PackOf(SomeRequests(1));
  const CompileRequest request = {*Signature::Parse("u8(u8)"), Target::kX64SystemV};
  Trampoline other = *Compile(request);
  ++other.codegen_version;
  const absl::Status status = writer.Add(request, other);
  EXPECT_EQ(ReasonOf(status), "VERSION_MISMATCH");
}

TEST_F(PackTest, WhatIsNoPackIsRefusedWithTheReason) {
  const std::string good = PackOf(SomeRequests(3)).ToBytes();
  EXPECT_THAT(std::string(Pack::Parse("", "a.pack").status().message()),
              HasSubstr("a.pack is no pack: it has 0 bytes"));
  EXPECT_THAT(std::string(Pack::Parse("#!/bin/sh" + good, "a.pack").status().message()),
              HasSubstr("does not begin with SPRBPACK"));
  EXPECT_THAT(std::string(Pack::Parse(good + "x", "a.pack").status().message()),
              HasSubstr(absl::StrCat("says that it has ", good.size(), " bytes; it has ",
                                     good.size() + 1)));
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(ReasonOf(Pack::Parse(good.substr(0, size), "a.pack").status()), "MALFORMED_PACK");
  }
  std::string newer = good;
  newer[offsetof(PackHeader, format)] = 2;
  const absl::Status status = Pack::Parse(newer, "a.pack").status();
  EXPECT_EQ(ReasonOf(status), "VERSION_MISMATCH");
  EXPECT_THAT(std::string(status.message()), HasSubstr("format 2; this client reads format 1"));
  std::string many = good;
  many[offsetof(PackHeader, entries) + 7] = 1;
  EXPECT_THAT(std::string(Pack::Parse(many, "a.pack").status().message()),
              HasSubstr("does not fit"));
}

TEST_F(PackTest, WhatCannotBeReadIsRefused) {
  for (const std::string& path : {folder_ + "/missing", folder_, std::string("/dev/zero/x")}) {
    const absl::Status status = Pack::Open(path).status();
    EXPECT_EQ(ReasonOf(status), "FILE_REFUSED") << path;
    EXPECT_THAT(std::string(status.message()), HasSubstr(path));
  }
}

// Every byte of a pack, changed in several ways: no crash, nothing out of bounds (under ASan), and
// nothing that is not right passes the verifier.
TEST_F(PackTest, ADamagedPackGivesErrorsOrWhatIsProven) {
  SetClientLogSink([](absl::string_view /*line*/) {});
  const std::vector<CompileRequest> requests = SomeRequests(6);
  const std::string good = PackOf(requests).ToBytes();
  int errors = 0;
  int proven = 0;
  for (size_t i = 0; i < good.size(); ++i) {
    for (const int change : {0x01, 0x80, 0xFF}) {
      std::string damaged = good;
      damaged[i] = static_cast<char>(damaged[i] ^ change);
      absl::StatusOr<Pack> pack = Pack::Parse(damaged, "damaged.pack");
      if (!pack.ok()) {
        ++errors;
        continue;
      }
      VerifiedSource source(std::make_shared<PackSource>(*std::move(pack)),
                            std::make_shared<SourceStatistics>());
      const CompileResults results = source.CompileMany(requests);
      for (const auto& result : results) ++(result.ok() ? proven : errors);
    }
  }
  EXPECT_GT(errors, 1000);
  EXPECT_GT(proven, 1000) << "the entries that are not damaged";
  SetClientLogSink(nullptr);
}

TEST_F(PackTest, AFileThatCannotBeWrittenStaysAsItWas) {
  const PackWriter writer = PackOf(SomeRequests(100));
  const std::string path = folder_ + "/stubs.pack";
  ASSERT_TRUE(writer.WriteTo(path).ok());
  const std::string before = ReadFile(path);
  // As a full disk: nothing beyond some bytes can be written.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit = {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit small = {1000, limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const absl::Status status = PackOf(SomeRequests(200)).WriteTo(path);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  EXPECT_EQ(ReasonOf(status), "FILE_REFUSED");
  EXPECT_THAT(std::string(status.message()), HasSubstr("File too large"));
  EXPECT_EQ(ReadFile(path), before);
  EXPECT_EQ(FilesIn(folder_), std::vector<std::string>{"stubs.pack"});
  EXPECT_EQ(ReasonOf(writer.WriteTo("/no/such/folder/stubs.pack")), "FILE_REFUSED");
}

}  // namespace
}  // namespace springboard
