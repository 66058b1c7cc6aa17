// Every case of cases.txt on every target, against its golden file. The files show each value of
// the pipeline, so that a difference tells which step changed.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/cli/disassembler.h"
#include "compiler/call_layout.h"
#include "compiler/compile.h"
#include "compiler/signature.h"
#include "compiler/thunk_plan.h"
#include "tests/support/files.h"

namespace springboard {
namespace {

namespace fs = std::filesystem;

bool update_goldens = false;

struct Case {
  std::string name;
  std::string signature;
};

// In a test the runfiles; on update the checkout.
fs::path GoldenFolder() {
  const char* workspace = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  return fs::path(update_goldens && workspace != nullptr ? workspace : ".") / "tests/golden";
}

std::vector<Case> ReadCases() {
  std::ifstream file(GoldenFolder() / "cases.txt");
  std::vector<Case> cases;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t space = line.find(' ');
    cases.push_back({line.substr(0, space), line.substr(space + 1)});
  }
  return cases;
}

std::string Describe(const Signature& signature, const TargetInfo& target) {
  const CallerProfile profile = CallerProfile::kV8_10;
  const CallLayout caller = LayOutCaller(signature, target.caller(profile));
  const CallLayout callee = LayOutCallee(signature, *target.callee);
  const absl::StatusOr<ThunkPlan> plan =
      PlanThunk(caller, callee, signature.result(), Info(profile));
  if (!plan.ok()) return plan.status().ToString();
  const absl::StatusOr<Trampoline> trampoline = Compile({signature, target.target, profile});
  if (!trampoline.ok()) return trampoline.status().ToString();
  const absl::StatusOr<std::string> listing = DisassemblyListing(*trampoline);
  if (!listing.ok()) return listing.status().ToString();
  return absl::StrCat("signature ", signature.ToString(), "\ntarget ", target.name,
                      "\n\ncaller: ", caller.ToString(), "\ncallee: ", callee.ToString(),
                      "\nplan: ", plan->ToString(), "\ncode: ", trampoline->code.size(),
                      " bytes, callee at ", trampoline->relocation.callee_offset_bytes,
                      " (absolute64), alignment ", trampoline->alignment_bytes, "\n", *listing);
}

void Check(const fs::path& path, const std::string& actual) {
  if (update_goldens) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << actual;
    return;
  }
  EXPECT_EQ(ReadFile(path), actual)
      << path << " differs. If the new text is right, read it and update:\n"
      << "  bazel run //tests/golden:golden_test -- --update";
}

TEST(GoldenTest, EveryCaseOnEveryTarget) {
  const std::vector<Case> cases = ReadCases();
  ASSERT_GE(cases.size(), 30u) << "cases.txt is missing or cut off";
  for (const Case& golden : cases) {
    const absl::StatusOr<Signature> signature = Signature::Parse(golden.signature);
    ASSERT_TRUE(signature.ok()) << golden.name << ": " << signature.status();
    for (const TargetInfo& target : AllTargets()) {
      SCOPED_TRACE(absl::StrCat(golden.name, " on ", target.name));
      Check(GoldenFolder() / std::string(target.name) / (golden.name + ".golden"),
            Describe(*signature, target));
    }
  }
}

TEST(GoldenTest, NoFileWithoutItsCase) {
  std::set<std::string> names;
  for (const Case& golden : ReadCases()) names.insert(golden.name + ".golden");
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(GoldenFolder())) {
    if (entry.path().extension() != ".golden") continue;
    EXPECT_TRUE(names.count(entry.path().filename()) > 0)
        << entry.path() << " has no case in cases.txt: remove the file";
  }
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  springboard::update_goldens = argc == 2 && std::string(argv[1]) == "--update";
  return RUN_ALL_TESTS();
}
