// docs/embedding.md says which system calls a filter must allow: processes with filters that kill
// at every other one link, call and release.

#include <gtest/gtest.h>
#include <malloc.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "client/arena/code_arena.h"
#include "client/arena/common_table.h"
#include "client/arena/gdb_jit.h"
#include "client/arena/perf_files.h"
#include "client/host_target.h"
#include "compiler/compile.h"
#include "compiler/error_details.h"
#include "tests/client/arena/all_ways.h"
#include "tests/support/files.h"

namespace springboard {
namespace {

uint16_t Increment(uint16_t value) { return static_cast<uint16_t>(value + 1); }

// The table's rows, by what is done.
std::map<std::string, std::vector<std::string>> DocumentedCalls() {
  std::map<std::string, std::vector<std::string>> rows;
  std::istringstream lines(ReadFile("docs/embedding.md"));
  bool is_inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("## ", 0) == 0) is_inside = line == "## What a system-call filter must allow";
    if (!is_inside || line.rfind("| ", 0) != 0) continue;
    const size_t bar = line.find(" | ");
    std::vector<std::string>& calls = rows[line.substr(2, bar - 2)];
    std::istringstream names(line.substr(bar + 3));
    for (std::string name; names >> name;) {
      if (name.front() == '`') calls.push_back(name.substr(1, name.size() - 2));
    }
  }
  rows.erase("doing");
  rows.erase("---");
  return rows;
}

// Everything else kills. False if there can be no filter here.
bool AllowOnly(const std::vector<std::string>& calls) {
  const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
  bool is_complete = filter != nullptr;
  for (const std::string& name : calls) {
    is_complete =
        is_complete && seccomp_rule_add(filter, SCMP_ACT_ALLOW,
                                        seccomp_syscall_resolve_name(name.c_str()), 0) == 0;
  }
  // The C library's memory; executable memory only where the table has the call.
  for (const int call : {SCMP_SYS(brk), SCMP_SYS(futex), SCMP_SYS(munmap), SCMP_SYS(madvise),
                         SCMP_SYS(exit_group)}) {
    is_complete = is_complete && seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) == 0;
  }
  for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) {
    const bool is_added = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
                                           SCMP_CMP64(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
    is_complete = is_complete && is_added;
  }
  return is_complete && seccomp_load(filter) == 0;
}

enum ChildExit { kRight = 0, kWrong = 1, kNoFilter = 2 };

class SystemCallsTest : public testing::Test {
 protected:
  std::vector<std::string> Calls(const std::string& doing) {
    const auto found = documented_.find(doing);
    EXPECT_NE(found, documented_.end()) << "docs/embedding.md has no row " << doing;
    return found == documented_.end() ? std::vector<std::string>() : found->second;
  }

  CodeArenaOptions OptionsOf(MappingWay way) const {
    CodeArenaOptions options;
    options.way = way;
    options.static_table = &springboard_common_table;
    options.temporary_directory = "/tmp";
    return options;
  }

  bool Works(CodeArena& arena) const {
    for (int round = 0; round < 2; ++round) {
      const absl::StatusOr<BoundTrampoline> bound =
          arena.Link(signature_, trampoline_, reinterpret_cast<const void*>(&Increment));
      if (!bound.ok() || bound->As<uint32_t(void*, uint32_t)>()(nullptr, 7) != 8) return false;
    }
    return true;
  }

  // In a child, which `function` may lock down, and tells by its result how it went.
  template <typename Function>
  static void InChild(const Function& function) {
    const pid_t child = fork();
    if (child == 0) _exit(function());
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status))
        << "a system call that is not in the table killed it: " << status;
    EXPECT_EQ(WEXITSTATUS(status), kRight);
  }

  const std::map<std::string, std::vector<std::string>> documented_ = DocumentedCalls();
  const Signature signature_ = *Signature::Parse("u16(u16)");
  const Trampoline trampoline_ = *Compile({signature_, *HostTarget()});
};

const std::map<MappingWay, std::string> kCreating = {
    {MappingWay::kSealedShared,
     "`Create()`, linking and release in `kSealedShared`, `kSealedPrivate`"},
    {MappingWay::kSealedPrivate,
     "`Create()`, linking and release in `kSealedShared`, `kSealedPrivate`"},
    {MappingWay::kTemporaryFile, "`Create()`, linking and release in `kTemporaryFile`"},
    {MappingWay::kDual, "`Create()`, linking and release in `kDual`"},
    {MappingWay::kAnonymous, "`Create()`, linking and release in `kAnonymous`"},
    {MappingWay::kStaticTable, "`Create()`, linking and release in `kStaticTable`"},
};
constexpr char kReservedSealing[] =
    "linking and release in what was reserved, in `kSealedShared`, `kSealedPrivate`, "
    "`kTemporaryFile`";
constexpr char kReservedDual[] = "linking and release in what was reserved, in `kDual`";
constexpr char kPerfMap[] = "beside that, at each linking with `OpenPerfMap()`";
constexpr char kJitDump[] = "beside that, at each linking with `OpenJitDump()`";
constexpr char kGdb[] = "beside that, at each linking with `GdbJit()`";
constexpr char kAfterRefusal[] = "after a refusal, to find its cause";

TEST_F(SystemCallsTest, CreateLinkAndRelease) {
  for (const MappingWay way : kAllWays) {
    SCOPED_TRACE(Name(way));
    const std::vector<std::string> calls = Calls(kCreating.at(way));
    InChild([&] {
      if (!AllowOnly(calls)) return kNoFilter;
      absl::StatusOr<CodeArena> arena = CodeArena::Create(OptionsOf(way));
      return arena.ok() && Works(*arena) ? kRight : kWrong;
    });
  }
}

TEST_F(SystemCallsTest, LinkAndReleaseInWhatWasReserved) {
  for (const MappingWay way : {MappingWay::kSealedShared, MappingWay::kSealedPrivate,
                               MappingWay::kTemporaryFile, MappingWay::kDual}) {
    SCOPED_TRACE(Name(way));
    const std::vector<std::string> calls =
        Calls(way == MappingWay::kDual ? kReservedDual : kReservedSealing);
    InChild([&] {
      CodeArenaOptions options = OptionsOf(way);
      options.reserve_bytes = 2 * kChunkBytes;
      absl::StatusOr<CodeArena> arena = CodeArena::Create(options);
      if (!AllowOnly(calls)) return kNoFilter;
      return arena.ok() && Works(*arena) ? kRight : kWrong;
    });
  }
}

// A filter refuses memfd_create, and /proc has no temporary files; who it was is found out.
TEST_F(SystemCallsTest, AfterARefusal) {
  for (const MappingWay way : {MappingWay::kSealedShared, MappingWay::kTemporaryFile}) {
    SCOPED_TRACE(Name(way));
    std::vector<std::string> calls = Calls(kCreating.at(way));
    for (const std::string& call : Calls(kAfterRefusal)) calls.push_back(call);
    InChild([&] {
      CodeArenaOptions options = OptionsOf(way);
      options.temporary_directory = "/proc";
      const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
      if (filter == nullptr ||
          seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(memfd_create), 0) != 0 ||
          seccomp_load(filter) != 0 || !AllowOnly(calls)) {
        return kNoFilter;
      }
      const absl::Status status = CodeArena::Create(options).status();
      const std::optional<ErrorDetails> details = GetErrorDetails(status);
      return details.has_value() && details->reason == reason::kMappingRefused ? kRight : kWrong;
    });
  }
}

TEST_F(SystemCallsTest, Observers) {
  const TemporaryFolder folder;
  for (const char* const row : {kPerfMap, kJitDump, kGdb}) {
    SCOPED_TRACE(row);
    std::vector<std::string> calls = Calls(kCreating.at(MappingWay::kAnonymous));
    for (const std::string& call : Calls(row)) calls.push_back(call);
    InChild([&] {
      const std::unique_ptr<CodeObserver> file =
          row == kPerfMap ? *OpenPerfMap(folder.File(".")) : *OpenJitDump(folder.File("."));
      CodeArenaOptions options = OptionsOf(MappingWay::kAnonymous);
      options.observers = {row == kGdb ? &GdbJit() : file.get()};
      if (!AllowOnly(calls)) return kNoFilter;
      absl::StatusOr<CodeArena> arena = CodeArena::Create(options);
      const bool works = arena.ok() && Works(*arena);
      // Without destructors of the files, which are closed by exit.
      _exit(works ? kRight : kWrong);
    });
  }
}

// A test above is for each row.
TEST_F(SystemCallsTest, EveryRowIsTested) {
  std::map<std::string, std::vector<std::string>> left = documented_;
  for (const auto& [way, row] : kCreating) left.erase(row);
  for (const char* const row :
       {kReservedSealing, kReservedDual, kAfterRefusal, kPerfMap, kJitDump, kGdb}) {
    left.erase(row);
  }
  for (const auto& [row, calls] : left) ADD_FAILURE() << row;
}

}  // namespace
}  // namespace springboard
