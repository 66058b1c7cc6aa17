// Writing packs: the same bytes in any order and in any memory, as a whole or not at all.

#include "client/pack/pack_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "client/pack/pack.h"
#include "compiler/compile.h"
#include "compiler/error_details.h"
#include "tests/support/files.h"
#include "tests/support/pack_bytes.h"
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

std::string ReasonOf(const absl::Status& status) {
  return GetErrorDetails(status).value_or(ErrorDetails{"none", ""}).reason;
}

std::vector<std::string> FilesIn(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename());
  }
  return names;
}

class PackWriterTest : public testing::Test {
 protected:
  std::vector<std::string> Files() const { return FilesIn(folder_.File("")); }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.File("stubs.pack");
};

TEST_F(PackWriterTest, ItsBytesDependNeitherOnTheOrderNorOnTheMemory) {
  std::vector<CompileRequest> requests = SomeRequests(3000);
  const std::string bytes = PackOf(requests);
  ASSERT_FALSE(bytes.empty());
  std::mt19937 random(/*seed=*/1);
  requests.insert(requests.end(), requests.begin(), requests.begin() + 1000);
  for (const size_t run_bytes : {1, 500, 10000, 100000, 1 << 20, 1 << 26}) {
    std::shuffle(requests.begin(), requests.end(), random);
    ASSERT_TRUE(WritePack(path_, requests, run_bytes).ok());
    EXPECT_TRUE(ReadFile(path_) == bytes) << "with runs of " << run_bytes << " bytes";
    EXPECT_EQ(Files(), std::vector<std::string>{"stubs.pack"});
  }
}

TEST_F(PackWriterTest, CountsWhatWasAddedAndThenWhatThereIs) {
  absl::StatusOr<PackWriter> writer = PackWriter::Create(path_);
  ASSERT_TRUE(writer.ok()) << writer.status();
  const CompileRequest request = {*Signature::Parse("u8(u8)"), Target::kX64SystemV};
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(writer->Add(request, *Compile(request)).ok());
  EXPECT_EQ(writer->size(), 3u);
  EXPECT_FALSE(std::filesystem::exists(path_));
  ASSERT_TRUE(writer->Finish().ok());
  EXPECT_EQ(writer->size(), 1u);
  EXPECT_EQ(Pack::Open(path_)->size(), 1u);
}

TEST_F(PackWriterTest, NobodyElseMayWriteThePack) {
  const mode_t mask = umask(0);
  const absl::Status status = WritePack(path_, SomeRequests(1));
  umask(mask);
  ASSERT_TRUE(status.ok()) << status;
  struct stat written = {};
  ASSERT_EQ(stat(path_.c_str(), &written), 0);
  EXPECT_EQ(written.st_mode & 07777, 0644u) << "so that readers may map it";
}

TEST_F(PackWriterTest, IsOfOneCodegenVersion) {
  absl::StatusOr<PackWriter> writer = PackWriter::Create(path_);
  ASSERT_TRUE(writer.ok()) << writer.status();
  const CompileRequest request = {*Signature::Parse("u8(u8)"), Target::kX64SystemV};
  Trampoline other = *Compile(request);
  ASSERT_TRUE(writer->Add(request, other).ok());
  ++other.codegen_version;
  EXPECT_EQ(ReasonOf(writer->Add(request, other)), "VERSION_MISMATCH");
}

TEST_F(PackWriterTest, TwoTrampolinesOfOneRequestAreAnError) {
  const CompileRequest request = {*Signature::Parse("u8(u8)"), Target::kX64SystemV};
  const Trampoline one = *Compile(request);
  Trampoline other = one;
  other.code.push_back(0x90);
  // In one run, and in two.
  for (const size_t run_bytes : {size_t{1} << 20, size_t{1}}) {
    absl::StatusOr<PackWriter> writer = PackWriter::Create(path_, run_bytes);
    ASSERT_TRUE(writer.ok()) << writer.status();
    ASSERT_TRUE(writer->Add(request, one).ok());
    ASSERT_TRUE(writer->Add(request, other).ok());
    const absl::Status status = writer->Finish();
    EXPECT_EQ(ReasonOf(status), "COMPILER_DEFECT");
    EXPECT_THAT(std::string(status.message()), HasSubstr("two different trampolines"));
    EXPECT_THAT(Files(), testing::IsEmpty());
  }
}

TEST_F(PackWriterTest, WhatTheFormatDoesNotHoldIsRefused) {
  absl::StatusOr<PackWriter> writer = PackWriter::Create(path_);
  ASSERT_TRUE(writer.ok()) << writer.status();
  const CompileRequest request = {*Signature::Parse("u8(u8)"), Target::kX64SystemV};
  Trampoline trampoline = *Compile(request);
  trampoline.alignment_bytes = 65536;
  EXPECT_EQ(ReasonOf(writer->Add(request, trampoline)), "OUT_OF_RANGE");
  trampoline = *Compile(request);
  trampoline.code.resize((size_t{1} << 20) + 1);
  EXPECT_EQ(ReasonOf(writer->Add(request, trampoline)), "OUT_OF_RANGE");
}

TEST_F(PackWriterTest, WhereThereCanBeNoFileIsAnErrorBeforeTheWork) {
  for (const std::string& path : {std::string("/no/such/folder/stubs.pack"), folder_.File(""),
                                  std::string("/dev/null"), std::string("/proc/stubs.pack")}) {
    const absl::Status status = PackWriter::Create(path).status();
    EXPECT_EQ(ReasonOf(status), "FILE_REFUSED") << path;
    EXPECT_THAT(std::string(status.message()), HasSubstr(path));
  }
}

// As a full disk: nothing beyond some bytes can be written.
TEST_F(PackWriterTest, AFileThatCannotBeWrittenStaysAsItWas) {
  ASSERT_TRUE(WritePack(path_, SomeRequests(100)).ok());
  const std::string before = ReadFile(path_);
  const std::vector<CompileRequest> requests = SomeRequests(3000);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit = {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
  // While runs are written, while entries are, while the index is.
  const auto size = static_cast<rlim_t>(PackOf(requests).size());
  for (const rlim_t bytes : {rlim_t{1000}, size / 2, size - 1000}) {
    const rlimit small = {bytes, limit.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    const absl::Status status = WritePack(path_, requests, /*run_bytes=*/50000);
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
    EXPECT_EQ(ReasonOf(status), "FILE_REFUSED") << bytes;
    EXPECT_THAT(std::string(status.message()), HasSubstr("File too large"));
    EXPECT_EQ(ReadFile(path_), before);
    EXPECT_EQ(Files(), std::vector<std::string>{"stubs.pack"});
  }
}

// Runs `work` in a process of its own; gives how it ended, and what it took.
int InChild(const std::function<void()>& work, rusage* usage) {
  const pid_t child = fork();
  if (child == 0) {
    work();
    _exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = -1;
  EXPECT_EQ(wait4(child, &status, 0, usage), child);
  return status;
}

TEST_F(PackWriterTest, AKilledWriterLeavesNothing) {
  rusage usage = {};
  const int status = InChild(
      [this] {
        absl::StatusOr<PackWriter> writer = PackWriter::Create(path_, /*run_bytes=*/1000);
        for (const CompileRequest& request : SomeRequests(1000)) {
          EXPECT_TRUE(writer->Add(request, *Compile(request)).ok());
        }
        std::raise(SIGKILL);
      },
      &usage);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  EXPECT_THAT(Files(), testing::IsEmpty());
}

// Sanitizers keep what is freed.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_F(PackWriterTest, ItsMemoryDoesNotGrowWithThePack) {
  const auto peak_kilobytes = [this](int count) {
    rusage usage = {};
    const int status = InChild(
        [&] {
          absl::StatusOr<PackWriter> writer = PackWriter::Create(path_, /*run_bytes=*/4 << 20);
          SignatureGenerator generator(/*seed=*/7);
          for (int i = 0; i < count; ++i) {
            const CompileRequest request = {generator.Next(), Target::kX64Windows};
            EXPECT_TRUE(writer->Add(request, *Compile(request)).ok());
          }
          EXPECT_TRUE(writer->Finish().ok());
        },
        &usage);
    EXPECT_EQ(status, 0);
    return usage.ru_maxrss;
  };
  const long few = peak_kilobytes(1000);     // NOLINT(google-runtime-int): as rusage has it.
  const long many = peak_kilobytes(200000);  // NOLINT(google-runtime-int)
  RecordProperty("megabytes", static_cast<int>(many >> 10));
  EXPECT_GT(std::filesystem::file_size(path_), 30u << 20);
  // A run, its order, and 256 KiB for each of about a dozen runs.
  EXPECT_LT(many - few, 16 << 10) << "kilobytes more than for 1000 entries";
}
#endif

}  // namespace
}  // namespace springboard
