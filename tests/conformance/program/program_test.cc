// Random signatures as programs of the systems that they are for: compiled by that system's
// compiler with the client's mapping core, and run natively, under Wine, and under qemu.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/conformance/program/case_source.h"
#include "tests/support/signature_generator.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

namespace fs = std::filesystem;

struct System {
  std::string name;
  Target target;
  std::string abi;
  std::string c_compiler;
  std::string cpp_compiler;
  std::string mapping;  // The file of client/mapping that is for it.
  std::vector<std::string>
      runner;  // What runs its programs here; nothing if they run by themselves.
};

std::ostream& operator<<(std::ostream& os, const System& system) { return os << system.name; }

const std::vector<System>& Systems() {
  static const std::vector<System> systems = {
      {"native_gcc", Target::kX64SystemV, "", "/usr/bin/gcc", "/usr/bin/g++", "linux", {}},
      {"native_clang", Target::kX64SystemV, "", "/usr/bin/clang-14", "/usr/bin/g++", "linux", {}},
      {"native_ms_abi",
       Target::kX64Windows,
       "__attribute__((ms_abi))",
       "/usr/bin/gcc",
       "/usr/bin/g++",
       "linux",
       {}},
      {"wine",
       Target::kX64Windows,
       "",
       "/usr/bin/x86_64-w64-mingw32-gcc",
       "/usr/bin/x86_64-w64-mingw32-g++",
       "windows",
       {"/usr/lib/wine/wine64"}},
      {"qemu",
       Target::kA64Linux,
       "",
       "/usr/bin/aarch64-linux-gnu-gcc",
       "/usr/bin/aarch64-linux-gnu-g++",
       "linux",
       {"/usr/bin/qemu-aarch64"}},
  };
  return systems;
}

class ProgramTest : public testing::TestWithParam<System> {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / GetParam().name;
    fs::create_directories(folder_);
    // Wine keeps its registry here, and says nothing of what it lacks.
    setenv("WINEPREFIX", (folder_ / "wine").c_str(), 1);
    setenv("WINEDEBUG", "-all", 1);
  }

  std::string File(const std::string& name) const { return folder_ / name; }

 private:
  fs::path folder_;
};

TEST_P(ProgramTest, RandomSignatures) {
  constexpr int kSignatures = 500;
  const System& system = GetParam();
  SignatureGenerator generator(/*seed=*/8);
  std::vector<Signature> signatures;
  for (int i = 0; i < kSignatures; ++i) signatures.push_back(generator.Next());
  const absl::StatusOr<std::string> source =
      CaseSource(signatures, system.target, system.abi, /*seed=*/9);
  ASSERT_TRUE(source.ok()) << source.status();
  std::ofstream(File("cases.c")) << *source;

  const ProcessResult cases =
      RunProgram({system.c_compiler, "-O1", "-w", "-c", File("cases.c"), "-o", File("cases.o")});
  ASSERT_EQ(cases.exit_code, 0) << cases.err.substr(0, 4000);
  const ProcessResult linked = RunProgram({system.cpp_compiler, "-std=c++17", "-O1", "-static",
                                           "-I.", "tests/conformance/program/runner.cc",
                                           "client/mapping/code_mapping_" + system.mapping + ".cc",
                                           File("cases.o"), "-o", File("program.exe")});
  ASSERT_EQ(linked.exit_code, 0) << linked.err.substr(0, 4000);

  std::vector<std::string> command = system.runner;
  command.push_back(File("program.exe"));
  const ProcessResult run = RunProgram(command);
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.out.find(absl::StrCat(kSignatures, " cases, 0 failures")), std::string::npos)
      << run.out.substr(0, 4000)
      << "\nCompile one with: springboard compile --format=asm --target=" << system.target
      << " --signature='...'";
}

INSTANTIATE_TEST_SUITE_P(Systems, ProgramTest, testing::ValuesIn(Systems()),
                         [](const auto& system) { return system.param.name; });

}  // namespace
}  // namespace springboard
