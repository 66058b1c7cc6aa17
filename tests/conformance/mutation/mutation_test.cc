// That the conformance suite can fail: every deliberate fault must be caught, on every target on
// which it makes wrong code. Prints the table.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "compiler/compile.h"
#include "tests/conformance/emulator.h"
#include "tests/conformance/mutation/fault.h"
#include "tests/conformance/oracle/oracle_compiler.h"
#include "tests/support/files.h"
#include "tests/support/systematic_signatures.h"

namespace springboard {
namespace {

const std::vector<Signature>& Signatures() {
  static const auto* const signatures = new std::vector<Signature>(SystematicSignatures());
  return *signatures;
}

// A target's emulator, with clang's callees.
class Bench {
 public:
  explicit Bench(Target target) : emulator_(target) {
    for (const OracleCompiler& compiler : OracleCompilers()) {
      if (compiler.target != target || compiler.name != "clang") continue;
      const absl::StatusOr<CompiledCallees> callees = CompileCallees(compiler, Signatures());
      if (!callees.ok()) {
        std::cerr << callees.status() << "\n";
        std::abort();
      }
      emulator_.LoadCallees(*callees);
    }
  }

  void IgnoreArguments() { emulator_.IgnoreArguments(); }

  // What is wrong with the trampoline of the n-th signature; empty if nothing is.
  std::string Run(size_t index, const FaultyCode& code) {
    return emulator_.RunCompiled(Signatures()[index], {code.code.begin(), code.code.end()},
                                 code.callee_offset_bytes, index);
  }

 private:
  Emulator emulator_;
};

TEST(MutationTest, TheSeamAloneChangesNothing) {
  for (const TargetInfo& row : AllTargets()) {
    for (const Signature& signature : Signatures()) {
      const CompileRequest request = {signature, row.target};
      const absl::StatusOr<Trampoline> trampoline = Compile(request);
      const absl::StatusOr<FaultyCode> code = CompileWith(Fault(), request);
      ASSERT_TRUE(trampoline.ok() && code.ok()) << signature;
      ASSERT_EQ(trampoline->code, code->code) << signature << " for " << row.target;
      ASSERT_EQ(trampoline->relocation.callee_offset_bytes, code->callee_offset_bytes);
    }
  }
}

TEST(MutationTest, TheAbiDocumentNamesEveryFault) {
  std::set<std::string> named;
  const std::string document = ReadFile("docs/abi.md");
  const std::regex pattern("`fault: ([^`]+)`");
  for (std::sregex_iterator match(document.begin(), document.end(), pattern), end; match != end;
       ++match) {
    named.insert((*match)[1]);
  }
  std::set<std::string> listed;
  for (const Fault& fault : Faults()) listed.insert(fault.name);
  EXPECT_EQ(named, listed);
}

// The functions that clang compiled notice wrong arguments without the oracle's help.
TEST(MutationTest, CompiledCalleesCatchWrongArgumentsThemselves) {
  const std::vector<std::string> names = {
      "stack slots of the wrong size for the callee",
      "stack slots of natural size from V8",
      "narrow arguments are not extended",
      "the callee's first two integer registers swapped",
      "the callee's first two vector registers swapped",
      "the callee's stacked arguments 8 bytes too high",
      "signed arguments extended by zeros",
      "half of a stacked argument copied",
      "a typed array passed as it is",
      "the moves in reverse",
  };
  for (const TargetInfo& row : AllTargets()) {
    const Target target = row.target;
    Bench bench(target);
    bench.IgnoreArguments();
    size_t found = 0;
    for (const Fault& fault : Faults()) {
      if (std::find(names.begin(), names.end(), fault.name) == names.end()) continue;
      ++found;
      if (std::find(fault.targets.begin(), fault.targets.end(), target) == fault.targets.end()) {
        continue;
      }
      bool caught = false;
      for (size_t i = 0; i < Signatures().size() && !caught; ++i) {
        const absl::StatusOr<FaultyCode> code = CompileWith(fault, {Signatures()[i], target});
        caught = code.ok() && absl::StartsWith(bench.Run(i, *code), "the callee's argument ");
      }
      EXPECT_TRUE(caught) << fault.name << " on " << target;
    }
    EXPECT_EQ(found, names.size());
  }
}

TEST(MutationTest, EveryFaultIsCaught) {
  std::map<Target, std::unique_ptr<Bench>> benches;
  for (const TargetInfo& row : AllTargets()) {
    benches[row.target] = std::make_unique<Bench>(row.target);
  }
  std::cout << absl::StreamFormat("%-62s %-16s %s\n", "fault", "target", "caught by");
  EXPECT_GE(Faults().size(), 20u);
  for (const Fault& fault : Faults()) {
    EXPECT_FALSE(fault.targets.empty()) << fault.name;
    for (const Target target : fault.targets) {
      std::string caught;
      for (size_t i = 0; i < Signatures().size() && caught.empty(); ++i) {
        const absl::StatusOr<FaultyCode> code = CompileWith(fault, {Signatures()[i], target});
        // The compiler's own refusal says nothing about the suite.
        if (!code.ok()) continue;
        const std::string problem = benches[target]->Run(i, *code);
        if (problem.empty()) continue;
        caught = absl::StrFormat("%s: %s", Signatures()[i].ToString(), problem);
        // It is the fault that was caught: without it, the same case is right.
        EXPECT_EQ(benches[target]->Run(i, *CompileWith(Fault(), {Signatures()[i], target})), "");
      }
      std::cout << absl::StreamFormat("%-62s %-16s %s\n", fault.name, Info(target).name,
                                      caught.empty() ? "NOTHING" : caught);
      EXPECT_NE(caught, "") << fault.name << " on " << target << " is not caught";
    }
  }
}

}  // namespace
}  // namespace springboard
