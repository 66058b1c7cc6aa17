#include "tests/conformance/program/program_runner.h"

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "tests/conformance/case_program.h"
#include "tests/conformance/program/case_source.h"
#include "tests/support/files.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

using Command = std::vector<std::string>;

Command operator+(Command first, const Command& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

absl::Status RunCompiler(const Command& command) {
  const ProcessResult result = RunProgram(command);
  if (result.exit_code == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(command[0], " failed: ", result.err.substr(0, 2000)));
}

class ProgramRunner final : public Runner {
 public:
  ProgramRunner(ProgramSystem system, CompileFunction compile)
      : system_(std::move(system)), compile_(std::move(compile)) {}

  ~ProgramRunner() override {
    // It writes its folder once more when it ends, a few seconds after its last program.
    if (system_.needs_wine_prefix && common_.has_value()) {
      RunProgram({"/usr/bin/env", WinePrefix(), "/usr/lib/wine/wineserver64", "--wait"});
    }
  }

  std::string name() const override { return system_.name; }
  Target target() const override { return system_.target; }

  absl::StatusOr<std::vector<WrongTrampoline>> Run(absl::Span<const Signature> signatures,
                                                   uint64_t seed) const override {
    const absl::Status built = BuildCommonObjects();
    if (!built.ok()) return built;
    const absl::StatusOr<std::string> source =
        CaseSource(signatures, system_.target, system_.abi, compile_, seed);
    if (!source.ok()) return source.status();
    const TemporaryFolder folder;
    if (!WriteFile(folder.File("cases.c"), *source)) {
      return absl::InternalError(absl::StrCat("cannot write ", folder.File("cases.c")));
    }
    absl::Status status =
        RunCompiler(system_.c_compiler + Command{"-O1", "-w", "-I.", "-c", folder.File("cases.c"),
                                                 "-o", folder.File("cases.o")});
    if (!status.ok()) return status;
    status = RunCompiler(system_.cpp_compiler + Command{"-static", folder.File("cases.o")} +
                         common_objects_ + Command{"-o", folder.File("program.exe")});
    if (!status.ok()) return status;
    return RunCaseProgram(Launcher() + Command{folder.File("program.exe")}, "", signatures.size());
  }

 private:
  std::string WinePrefix() const { return "WINEPREFIX=" + common_->File("wine"); }

  Command Launcher() const {
    if (!system_.needs_wine_prefix) return system_.launcher;
    return Command{"/usr/bin/env", WinePrefix(), "WINEDEBUG=-all"} + system_.launcher;
  }

  // What every program of the system has in common.
  absl::Status BuildCommonObjects() const {
    const absl::MutexLock lock(&mutex_);
    if (is_built_) return absl::OkStatus();
    if (!common_.has_value()) common_.emplace();
    common_objects_.clear();
    for (const std::string& source :
         Command{"tests/conformance/program/runner.cc"} + system_.mapping_sources) {
      const std::string object = common_->File(absl::StrCat(common_objects_.size(), ".o"));
      absl::Status status = RunCompiler(
          system_.cpp_compiler + Command{"-std=c++17", "-O1", "-I.", "-c", source, "-o", object});
      if (!status.ok()) return status;
      common_objects_.push_back(object);
    }
    is_built_ = true;
    return absl::OkStatus();
  }

  const ProgramSystem system_;
  const CompileFunction compile_;
  mutable std::optional<TemporaryFolder> common_;  // Set once something is run.
  mutable absl::Mutex mutex_;
  mutable bool is_built_ = false;
  mutable Command common_objects_;
};

}  // namespace

const std::vector<ProgramSystem>& ProgramSystems() {
  static const Command kLinuxMapping = {"client/mapping/map_code.cc",
                                        "client/mapping/reserve_region_linux.cc",
                                        "client/mapping/file_region.cc",
                                        "client/mapping/view_region.cc",
                                        "client/mapping/memory_file.cc",
                                        "client/mapping/anonymous_region_linux.cc",
                                        "client/mapping/map_anonymous_linux.cc",
                                        "client/mapping/fork_barrier.cc",
                                        "client/mapping/process_token.cc",
                                        "client/mapping/instruction_sync_linux.cc"};
  static const Command kWindowsMapping = {"client/mapping/map_code.cc",
                                          "client/mapping/reserve_region_windows.cc",
                                          "client/mapping/anonymous_region_windows.cc"};
  static const std::vector<ProgramSystem> systems = {
      {"native, gcc",
       Target::kX64SystemV,
       "",
       {"/usr/bin/gcc"},
       {"/usr/bin/g++"},
       kLinuxMapping,
       {}},
      {"native, clang",
       Target::kX64SystemV,
       "",
       {"/usr/bin/clang-14"},
       {"/usr/bin/g++"},
       kLinuxMapping,
       {}},
      {"native, gcc ms_abi",
       Target::kX64Windows,
       "__attribute__((ms_abi))",
       {"/usr/bin/gcc"},
       {"/usr/bin/g++"},
       kLinuxMapping,
       {}},
      {"Wine, gcc",
       Target::kX64Windows,
       "",
       {"/usr/bin/x86_64-w64-mingw32-gcc"},
       {"/usr/bin/x86_64-w64-mingw32-g++"},
       kWindowsMapping,
       {"/usr/lib/wine/wine64"},
       /*needs_wine_prefix=*/true},
      {"qemu, gcc",
       Target::kA64Linux,
       "",
       {"/usr/bin/aarch64-linux-gnu-gcc"},
       {"/usr/bin/aarch64-linux-gnu-g++"},
       kLinuxMapping,
       {"/usr/bin/qemu-aarch64"}},
  };
  return systems;
}

std::unique_ptr<const Runner> MakeProgramRunner(const ProgramSystem& system,
                                                CompileFunction compile) {
  return std::make_unique<ProgramRunner>(system, std::move(compile));
}

}  // namespace springboard
