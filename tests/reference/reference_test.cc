// Springboard against what it replaces: right where deno_ffi 0.59.0 was wrong, never longer where
// it was right, and never more instructions than a reference that is corrected.

#include <gtest/gtest.h>

#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "client/cli/disassembler.h"
#include "compiler/compile.h"
#include "tests/conformance/emulator.h"
#include "tests/reference/corrected_reference.h"
#include "tests/reference/reference_model.h"
#include "tests/support/reference_defects.h"
#include "tests/support/signature_generator.h"

namespace springboard {
namespace {

std::string RunOurs(Emulator& emulator, const Signature& signature, Target target) {
  const absl::StatusOr<Trampoline> trampoline = Compile({signature, target});
  if (!trampoline.ok()) return trampoline.status().ToString();
  return emulator.Run(signature, {trampoline->code.begin(), trampoline->code.end()},
                      trampoline->relocation.callee_offset_bytes);
}

std::string RunReference(Emulator& emulator, const Signature& signature,
                         const ReferenceCode& reference) {
  return emulator.Run(signature, reference.code, reference.callee_offset_bytes);
}

using DefectAndTarget = std::tuple<ReferenceDefect, Target>;

class DefectTest : public testing::TestWithParam<DefectAndTarget> {};

TEST_P(DefectTest, IsNotRepeated) {
  const auto& [defect, target] = GetParam();
  const Signature signature = *Signature::Parse(defect.signature);
  Emulator emulator(target);
  EXPECT_EQ(RunOurs(emulator, signature, target), "");
  if (target != defect.target) return;
  EXPECT_NE(RunReference(emulator, signature, CompileAsReference(signature, target)), "")
      << "the model should show the defect";
}

std::string DefectName(const testing::TestParamInfo<DefectAndTarget>& info) {
  const auto& [defect, target] = info.param;
  return defect.name + "_on_" + absl::StrReplaceAll(Info(target).name, {{"-", "_"}});
}

INSTANTIATE_TEST_SUITE_P(Defects, DefectTest,
                         testing::Combine(testing::ValuesIn(ReferenceDefects()),
                                          testing::Values(Target::kX64SystemV, Target::kX64Windows,
                                                          Target::kA64Apple, Target::kA64Linux,
                                                          Target::kA64Windows)),
                         DefectName);

// W3 once more, on the instructions: no load may be wider than the argument.
TEST(ReferenceTest, StackedFloatsAreLoadedAtTheirWidth) {
  const Signature signature = *Signature::Parse("f32(u64,u64,u64,f32,f64,f32)");
  const absl::StatusOr<std::string> listing =
      DisassemblyListing(*Compile({signature, Target::kX64Windows}));
  ASSERT_TRUE(listing.ok());
  EXPECT_FALSE(absl::StrContains(*listing, "xmmword")) << *listing;
  const ReferenceCode reference = CompileAsReference(signature, Target::kX64Windows);
  Trampoline wide = *Compile({signature, Target::kX64Windows});
  wide.code.assign(reference.code.begin(), reference.code.end());
  wide.relocation.callee_offset_bytes = reference.callee_offset_bytes;
  const absl::StatusOr<std::string> theirs = DisassemblyListing(wide);
  ASSERT_TRUE(theirs.ok());
  EXPECT_TRUE(absl::StrContains(*theirs, "xmmword")) << *theirs;
}

// A6: br x8 is gone. x64 has no such register, but the same rule: rax, which no argument is in.
TEST(ReferenceTest, A6NoBranchThroughX8) {
  for (const char* text : {"void(u64)", "u64(u64)", "u8(f64,buffer)"}) {
    for (const Target target : {Target::kX64SystemV, Target::kX64Windows}) {
      const auto listing = DisassemblyListing(*Compile({*Signature::Parse(text), target}));
      ASSERT_TRUE(listing.ok());
      EXPECT_TRUE(absl::StrContains(*listing, "jmp rax") || absl::StrContains(*listing, "call rax"))
          << *listing;
    }
    for (const Target target : {Target::kA64Apple, Target::kA64Linux, Target::kA64Windows}) {
      const auto listing = DisassemblyListing(*Compile({*Signature::Parse(text), target}));
      ASSERT_TRUE(listing.ok());
      EXPECT_FALSE(absl::StrContains(*listing, "x8")) << *listing;
      EXPECT_TRUE(absl::StrContains(*listing, "r x16")) << *listing;
    }
  }
}

TEST(ReferenceTest, NeverLongerWhereTheReferenceIsRight) {
  constexpr int kSignatures = 6000;
  std::cout << absl::StreamFormat("%-16s %10s %10s %10s %10s\n", "target", "signatures",
                                  "its wrong", "its bytes", "our bytes");
  for (const Target target : {Target::kX64SystemV, Target::kX64Windows, Target::kA64Apple}) {
    Emulator emulator(target);
    SignatureGenerator generator(/*seed=*/6);
    int wrong = 0;
    uint64_t their_bytes = 0;
    uint64_t our_bytes = 0;
    for (int i = 0; i < kSignatures; ++i) {
      const Signature signature = generator.Next();
      const ReferenceCode reference = CompileAsReference(signature, target);
      if (!RunReference(emulator, signature, reference).empty()) {
        ++wrong;
        continue;
      }
      const size_t ours = Compile({signature, target})->code.size();
      ASSERT_LE(ours, reference.length_bytes)
          << "springboard compile --format=asm --target=" << target << " --signature='" << signature
          << "'";
      their_bytes += reference.length_bytes;
      our_bytes += ours;
    }
    const double right = kSignatures - wrong;
    ASSERT_GT(right, kSignatures / 2) << "the model must be right where the reference was";
    std::cout << absl::StreamFormat("%-16s %10d %10d %10.1f %10.1f\n", Info(target).name,
                                    kSignatures, wrong, static_cast<double>(their_bytes) / right,
                                    static_cast<double>(our_bytes) / right);
  }
}

// The callee's address in a register, as the reference and as Springboard have it, and the two
// departures that docs/architecture.md gives reasons for.
std::string AsCorrected(std::string instruction, Target target) {
  if (target == Target::kX64Windows) {
    return absl::StrReplaceAll(instruction,
                               {{"movaps xmm3, xmmword ptr", "movss xmm3, dword ptr"}});
  }
  if (target == Target::kA64Apple) {
    return absl::StrReplaceAll(
        instruction,
        {{"movz x8, #0", "ldr x16, CALLEE"}, {" x8", " x16"}, {" w8", " w16"}, {"[x8", "[x16"}});
  }
  return instruction;
}

// With the literal's place, which the reference had none of, left out.
std::vector<std::string> InstructionsOf(const Trampoline& trampoline) {
  std::vector<std::string> texts;
  const auto listing = Disassemble(trampoline);
  if (!listing.ok()) return {listing.status().ToString()};
  for (const DisassembledInstruction& instruction : *listing) {
    if (instruction.text == ".quad callee") continue;
    const bool is_literal = absl::StartsWith(instruction.text, "ldr x16, #");
    texts.push_back(is_literal ? "ldr x16, CALLEE" : instruction.text);
  }
  return texts;
}

struct Listing {
  Target target;
  Signature signature;
  std::vector<std::string> instructions;
};

std::vector<Listing> ReadListings() {
  std::vector<Listing> listings;
  std::ifstream file("tests/reference/listings.txt");
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (line[0] == ' ') {
      listings.back().instructions.push_back(line.substr(2));
    } else {
      const std::vector<std::string> fields = absl::StrSplit(line, '\t');
      listings.push_back({*FindTarget(fields[0]), *Signature::Parse(fields[1]), {}});
    }
  }
  return listings;
}

// What ours is compared with is the reference, where that was right.
TEST(ReferenceTest, CorrectedIsAsItsListings) {
  const std::vector<Listing> listings = ReadListings();
  ASSERT_EQ(listings.size(), 15u);
  for (const Listing& listing : listings) {
    std::vector<std::string> expected;
    for (const std::string& instruction : listing.instructions) {
      expected.push_back(AsCorrected(instruction, listing.target));
    }
    EXPECT_EQ(InstructionsOf(CompileAsCorrectedReference(listing.signature, listing.target)),
              expected)
        << listing.signature << " on " << listing.target;
    EXPECT_LE(InstructionsOf(*Compile({listing.signature, listing.target})).size(), expected.size())
        << listing.signature << " on " << listing.target;
  }
}

class CorrectedTest : public testing::TestWithParam<Target> {};

TEST_P(CorrectedTest, IsRightAndNeverShorterThanOurs) {
  constexpr int kSignatures = 2000;
  Emulator emulator(GetParam());
  SignatureGenerator generator(/*seed=*/10);
  for (int i = 0; i < kSignatures; ++i) {
    const Signature signature = generator.Next();
    const Trampoline corrected = CompileAsCorrectedReference(signature, GetParam());
    ASSERT_EQ(emulator.Run(signature, {corrected.code.begin(), corrected.code.end()},
                           corrected.relocation.callee_offset_bytes),
              "")
        << signature;
    const Trampoline ours = *Compile({signature, GetParam()});
    ASSERT_LE(ours.code.size(), corrected.code.size()) << signature;
    ASSERT_LE(InstructionsOf(ours).size(), InstructionsOf(corrected).size()) << signature;
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, CorrectedTest,
                         testing::Values(Target::kX64SystemV, Target::kX64Windows,
                                         Target::kA64Apple, Target::kA64Linux,
                                         Target::kA64Windows));

}  // namespace
}  // namespace springboard
