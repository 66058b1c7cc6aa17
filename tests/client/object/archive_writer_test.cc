// Archives are those that ar and llvm-ar make of the same members.

#include "client/object/archive_writer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/files.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

// Objects of a compiler, each with two functions, with short and long names, and one without any.
std::vector<ArchiveMember> Members(const TemporaryFolder& folder, const std::string& triple,
                                   const std::string& prefix) {
  std::vector<ArchiveMember> members;
  for (const std::string& name : std::vector<std::string>{
           "a", "thirteen_long", "twelve_bytes", "a_name_that_fits_no_header_field", "_z", "none",
           "another_name_that_fits_no_header_field_"}) {
    std::string source;
    std::vector<std::string> symbols;
    for (const std::string& symbol : {name, name + "_2"}) {
      if (name == "none") break;
      absl::StrAppend(&source, "int ", symbol, "(void) { return 1; }\n");
      symbols.push_back(prefix + symbol);
    }
    const std::string file = folder.File(name + ".o");
    EXPECT_TRUE(WriteFile(folder.File("source.c"), source));
    const ProcessResult compiled = RunProgram(
        {"/usr/bin/clang-14", "--target=" + triple, "-c", folder.File("source.c"), "-o", file});
    EXPECT_EQ(compiled.exit_code, 0) << compiled.err;
    members.push_back({name + ".o", ReadFile(file), symbols});
  }
  return members;
}

std::string ArchiveOfTool(const TemporaryFolder& folder, std::vector<std::string> command,
                          const std::vector<ArchiveMember>& members) {
  const std::string archive = folder.File("archive.a");
  command.push_back(archive);
  for (const ArchiveMember& member : members) command.push_back(folder.File(member.name));
  const ProcessResult made = RunProgram(command);
  EXPECT_EQ(made.exit_code, 0) << made.err;
  std::string bytes = ReadFile(archive);
  EXPECT_EQ(RunProgram({"/bin/rm", archive}).exit_code, 0);
  return bytes;
}

TEST(ArchiveWriterTest, IsWhatArMakes) {
  const TemporaryFolder folder;
  std::vector<ArchiveMember> members = Members(folder, "x86_64-linux-gnu", "");
  while (!members.empty()) {
    const auto archive = WriteArchive(members, ArchiveFormat::kGnu);
    ASSERT_TRUE(archive.ok()) << archive.status();
    EXPECT_TRUE(*archive == ArchiveOfTool(folder, {"/usr/bin/ar", "rcsD"}, members))
        << members.size();
    EXPECT_TRUE(*archive ==
                ArchiveOfTool(folder, {"/usr/bin/llvm-ar-14", "--format=gnu", "rcsD"}, members))
        << members.size();
    members.pop_back();
  }
}

TEST(ArchiveWriterTest, IsWhatLlvmMakesForDarwin) {
  const TemporaryFolder folder;
  std::vector<ArchiveMember> members = Members(folder, "arm64-apple-macos", "_");
  while (!members.empty()) {
    const auto archive = WriteArchive(members, ArchiveFormat::kDarwin);
    ASSERT_TRUE(archive.ok()) << archive.status();
    EXPECT_TRUE(*archive ==
                ArchiveOfTool(folder, {"/usr/bin/llvm-ar-14", "--format=darwin", "rcsD"}, members))
        << members.size();
    members.pop_back();
  }
}

TEST(ArchiveWriterTest, NothingIsAnArchiveToo) {
  const TemporaryFolder folder;
  const auto archive = WriteArchive({}, ArchiveFormat::kGnu);
  ASSERT_TRUE(archive.ok()) << archive.status();
  const std::string file = folder.File("empty.a");
  ASSERT_TRUE(WriteFile(file, *archive));
  for (const char* const tool : {"/usr/bin/ar", "/usr/bin/llvm-ar-14"}) {
    const ProcessResult listed = RunProgram({tool, "t", file});
    EXPECT_EQ(listed.exit_code, 0) << listed.err;
    EXPECT_EQ(listed.out, "");
  }
}

}  // namespace
}  // namespace springboard
