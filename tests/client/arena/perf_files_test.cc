#include "client/arena/perf_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/arena/code_arena.h"
#include "client/host_target.h"
#include "client/log.h"
#include "client/mapping/mapping_way.h"
#include "compiler/compile.h"
#include "compiler/error_details.h"
#include "tests/support/files.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

uint8_t Callee(uint8_t value) { return value; }

class PerfFilesTest : public testing::Test {
 protected:
  std::vector<BoundTrampoline> LinkTwo(CodeObserver& observer) {
    CodeArenaOptions options;
    options.relaxes = false;
    options.observers = {&observer};
    const void* const callee = reinterpret_cast<const void*>(&Callee);
    return *CodeArena::Create(options)->LinkAll(
        {{&first_, &first_code_, callee}, {&second_, &second_code_, callee}});
  }

  std::string Path(const char* format) const {
    return folder_.File(
        absl::StrCat(format == std::string("map") ? "perf-" : "jit-", getpid(), ".", format));
  }

  const TemporaryFolder folder_;
  const Signature first_ = *Signature::Parse("u8(u8)");
  const Signature second_ = *Signature::Parse("u64(u8,buffer)");
  const Trampoline first_code_ = *Compile({first_, *HostTarget()});
  const Trampoline second_code_ = *Compile({second_, *HostTarget()});
};

TEST_F(PerfFilesTest, TheMapHasALineForEachTrampoline) {
  const absl::StatusOr<std::unique_ptr<CodeObserver>> map = OpenPerfMap(folder_.File("."));
  ASSERT_TRUE(map.ok()) << map.status();
  const std::vector<BoundTrampoline> linked = LinkTwo(**map);
  EXPECT_EQ(
      ReadFile(Path("map")),
      absl::StrFormat("%x %x springboard u8(u8)\n%x %x springboard u64(u8,buffer)\n",
                      reinterpret_cast<uintptr_t>(linked[0].entry()), first_code_.code.size(),
                      reinterpret_cast<uintptr_t>(linked[1].entry()), second_code_.code.size()));
}

template <typename T>
T Field(const std::string& bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

TEST_F(PerfFilesTest, TheDumpHasNamesAndCode) {
  const absl::StatusOr<std::unique_ptr<CodeObserver>> dump = OpenJitDump(folder_.File("."));
  ASSERT_TRUE(dump.ok()) << dump.status();
  const std::vector<BoundTrampoline> linked = LinkTwo(**dump);
  const std::string bytes = ReadFile(Path("dump"));
  ASSERT_GT(bytes.size(), PageBytes());
  EXPECT_EQ(Field<uint32_t>(bytes, 0), 0x4A695444u);
  EXPECT_EQ(Field<uint32_t>(bytes, 8), 40u);
  EXPECT_EQ(Field<uint32_t>(bytes, 20), static_cast<uint32_t>(getpid()));
  // A record fills the page that is mapped executable.
  EXPECT_EQ(Field<uint32_t>(bytes, 40), 2u);
  size_t offset = 40 + Field<uint32_t>(bytes, 44);
  EXPECT_EQ(offset, PageBytes());
  uint64_t index = 0;
  for (const auto& [bound, name] :
       {std::pair<const BoundTrampoline&, std::string>{linked[0], "springboard u8(u8)"},
        {linked[1], "springboard u64(u8,buffer)"}}) {
    ASSERT_LE(offset + 56, bytes.size());
    EXPECT_EQ(Field<uint32_t>(bytes, offset), 0u);
    const auto entry = reinterpret_cast<uintptr_t>(bound.entry());
    EXPECT_EQ(Field<uint64_t>(bytes, offset + 24), entry);
    EXPECT_EQ(Field<uint64_t>(bytes, offset + 32), entry);
    const auto size = Field<uint64_t>(bytes, offset + 40);
    EXPECT_EQ(Field<uint64_t>(bytes, offset + 48), index++);
    EXPECT_EQ(bytes.substr(offset + 56, name.size() + 1), name + '\0');
    EXPECT_EQ(bytes.substr(offset + 56 + name.size() + 1, size),
              std::string(static_cast<const char*>(bound.entry()), size));
    EXPECT_EQ(Field<uint32_t>(bytes, offset + 4), 56 + name.size() + 1 + size);
    offset += Field<uint32_t>(bytes, offset + 4);
  }
  EXPECT_EQ(offset, bytes.size());
}

TEST_F(PerfFilesTest, AFileThatIsSomethingElseIsLeftAlone) {
  const std::string path = Path("map");
  WriteFile(folder_.File("other"), "precious");
  for (const bool is_symbolic : {true, false}) {
    const std::string other = folder_.File("other");
    ASSERT_EQ(
        is_symbolic ? symlink(other.c_str(), path.c_str()) : link(other.c_str(), path.c_str()), 0);
    const absl::Status status = OpenPerfMap(folder_.File(".")).status();
    EXPECT_EQ(GetErrorDetails(status)->reason, "FILE_REFUSED") << is_symbolic;
    EXPECT_EQ(ReadFile(other), "precious");
    ASSERT_EQ(unlink(path.c_str()), 0);
  }
}

// As on a disk that is full: who links does not notice, and the file ends with a complete line.
TEST_F(PerfFilesTest, AWriteThatFailsEndsTheFileAndNotTheLinking) {
  std::vector<std::string> warnings;
  SetClientLogSink([&](absl::string_view line) { warnings.emplace_back(line); });
  const absl::StatusOr<std::unique_ptr<CodeObserver>> map = OpenPerfMap(folder_.File("."));
  ASSERT_TRUE(map.ok()) << map.status();
  const std::vector<BoundTrampoline> first = LinkTwo(**map);
  const std::string lines = ReadFile(Path("map"));
  const struct rlimit tight = {lines.size() + 10, RLIM_INFINITY};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  // By a way that needs no file.
  CodeArenaOptions options;
  options.way = MappingWay::kAnonymous;
  options.observers = {map->get()};
  absl::StatusOr<CodeArena> arena = CodeArena::Create(options);
  ASSERT_TRUE(arena.ok()) << arena.status();
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(arena->Link(first_, first_code_, reinterpret_cast<const void*>(&Callee)).ok());
  }
  const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &none), 0);
  SetClientLogSink(nullptr);
  EXPECT_EQ(ReadFile(Path("map")), lines);
  EXPECT_THAT(warnings, testing::ElementsAre(testing::HasSubstr("File too large")));
}

TEST_F(PerfFilesTest, AForkedChildDoesNotWriteIntoItsParentsFile) {
  const absl::StatusOr<std::unique_ptr<CodeObserver>> map = OpenPerfMap(folder_.File("."));
  ASSERT_TRUE(map.ok()) << map.status();
  const pid_t child = fork();
  if (child == 0) {
    LinkTwo(**map);
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_EQ(ReadFile(Path("map")), "");
}

// perf itself, where the system lets it count.
class PerfTest : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Files, PerfTest, testing::Values("map", "dump"));

TEST_P(PerfTest, ReportsTrampolinesByName) {
  const TemporaryFolder folder;
  const bool is_dump = GetParam() == std::string("dump");
  std::string data = folder.File("perf.data");
  const ProcessResult recorded =
      RunProgram({"/usr/bin/perf", "record", "-q", "-k", "CLOCK_MONOTONIC", "-e", "cpu-clock:u",
                  "-o", data, "tests/client/arena/profiled", GetParam(), folder.File("")});
  if (recorded.exit_code != 0 && recorded.err.find("perf_event_open") != std::string::npos) {
    GTEST_SKIP() << "perf may not count here: " << recorded.err;
  }
  ASSERT_EQ(recorded.exit_code, 0) << recorded.out << recorded.err;
  if (is_dump) {
    const std::string with_objects = folder.File("jit.data");
    const ProcessResult injected =
        RunProgram({"/usr/bin/perf", "inject", "--jit", "-i", data, "-o", with_objects});
    ASSERT_EQ(injected.exit_code, 0) << injected.out << injected.err;
    data = with_objects;
  }
  const ProcessResult report =
      RunProgram({"/usr/bin/perf", "report", "-i", data, "--stdio", "--sort", "symbol"});
  EXPECT_THAT(report.out, testing::HasSubstr("springboard u64(u8,u64)")) << report.err;
}

TEST_F(PerfFilesTest, AFolderThatIsNotThereIsNamed) {
  for (const absl::Status& status :
       {OpenPerfMap("/no/such").status(), OpenJitDump("/no/such").status()}) {
    EXPECT_EQ(GetErrorDetails(status)->reason, "FILE_REFUSED");
    EXPECT_THAT(std::string(status.message()), testing::HasSubstr("cannot open /no/such/"));
  }
}

}  // namespace
}  // namespace springboard
