// How a pack's file comes into memory: mapped, or copied where others could cut it off.

#include "client/pack/file_bytes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "client/pack/pack.h"
#include "compiler/compile.h"
#include "compiler/error_details.h"
#include "tests/support/files.h"
#include "tests/support/pack_bytes.h"

namespace springboard {
namespace {

using testing::HasSubstr;

constexpr uint64_t kMaxBytes = uint64_t{1} << 20;

std::string ReasonOf(const absl::Status& status) {
  return GetErrorDetails(status).value_or(ErrorDetails{"none", ""}).reason;
}

TEST(FileBytesTest, AFileIsMapped) {
  const TemporaryFolder folder;
  const std::string path = folder.File("a");
  const std::string text(10000, 'x');
  ASSERT_TRUE(WriteFile(path, text));
  ASSERT_EQ(chmod(path.c_str(), 0644), 0);
  const absl::StatusOr<FileBytes> bytes = FileBytes::Open(path, kMaxBytes);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_TRUE(bytes->is_mapped());
  EXPECT_EQ(bytes->bytes(), text);
  ASSERT_TRUE(WriteFile(path, ""));
  EXPECT_EQ(FileBytes::Open(path, kMaxBytes)->bytes(), "");
}

// Under a map this would end the process by SIGBUS.
TEST(FileBytesTest, WhatOthersMayWriteMayBecomeShorter) {
  const TemporaryFolder folder;
  const std::string path = folder.File("stubs.pack");
  const CompileRequest request = {*Signature::Parse("f64(f64)"), Target::kA64Linux};
  for (const mode_t mode : {0664, 0646, 0666}) {
    ASSERT_TRUE(WritePack(path, {request}).ok());
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    const absl::StatusOr<Pack> pack = Pack::Open(path);
    ASSERT_TRUE(pack.ok()) << pack.status();
    EXPECT_FALSE(pack->is_mapped());
    ASSERT_EQ(truncate(path.c_str(), 0), 0);
    EXPECT_EQ(*pack->Find(request), *Compile(request));
  }
}

// As PackWriter does it.
TEST(FileBytesTest, WhatIsMappedMayBeReplaced) {
  const TemporaryFolder folder;
  const std::string path = folder.File("stubs.pack");
  const CompileRequest request = {*Signature::Parse("f64(f64)"), Target::kA64Linux};
  ASSERT_TRUE(WritePack(path, {request}).ok());
  const absl::StatusOr<Pack> pack = Pack::Open(path);
  ASSERT_TRUE(pack.ok()) << pack.status();
  EXPECT_TRUE(pack->is_mapped());
  ASSERT_TRUE(WritePack(path, {}).ok());
  EXPECT_EQ(*pack->Find(request), *Compile(request));
  EXPECT_EQ(Pack::Open(path)->size(), 0u);
}

TEST(FileBytesTest, WhatIsNoFileIsRefused) {
  const TemporaryFolder folder;
  const std::string fifo = folder.File("fifo");
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  const std::string large = folder.File("large");
  ASSERT_TRUE(WriteFile(large, "x"));
  ASSERT_EQ(truncate(large.c_str(), kMaxBytes + 1), 0);
  for (const std::string& path : {folder.File("missing"), folder.File(""), fifo, large,
                                  std::string("/dev/zero"), std::string("/dev/zero/x")}) {
    const absl::Status status = FileBytes::Open(path, kMaxBytes).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << path;
    EXPECT_EQ(ReasonOf(status), "FILE_REFUSED") << path;
    EXPECT_THAT(std::string(status.message()), HasSubstr("cannot read " + path));
  }
}

TEST(FileBytesTest, WhatIsCopiedMustFitIntoMemory) {
  const TemporaryFolder folder;
  const std::string path = folder.File("sparse");
  ASSERT_TRUE(WriteFile(path, "x"));
  ASSERT_EQ(chmod(path.c_str(), 0666), 0);
  ASSERT_EQ(truncate(path.c_str(), FileBytes::kMaxCopiedBytes + 1), 0);
  const absl::Status status = FileBytes::Open(path, FileBytes::kMaxCopiedBytes * 2).status();
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("others may write it, so that it is copied"));
}

}  // namespace
}  // namespace springboard
