// Random signatures on every target, executed in Unicorn.

#include <gtest/gtest.h>

#include <vector>

#include "compiler/compile.h"
#include "tests/conformance/emulator.h"
#include "tests/support/signature_generator.h"

namespace springboard {
namespace {

class EmulatedTest : public testing::TestWithParam<Target> {};

TEST_P(EmulatedTest, RandomSignatures) {
  constexpr int kSignatures = 4000;
  constexpr uint32_t kSeed = 1;
  Emulator emulator(GetParam());
  SignatureGenerator generator(kSeed);
  for (int i = 0; i < kSignatures; ++i) {
    const Signature signature = generator.Next();
    const absl::StatusOr<Trampoline> trampoline = Compile({signature, GetParam()});
    ASSERT_TRUE(trampoline.ok()) << trampoline.status();
    const std::vector<uint8_t> code(trampoline->code.begin(), trampoline->code.end());
    ASSERT_EQ(emulator.Run(signature, code, trampoline->relocation.callee_offset_bytes), "")
        << "springboard compile --format=asm --target=" << GetParam() << " --signature='"
        << signature << "'";
    ASSERT_EQ(emulator.RunRelaxed(signature, *trampoline), "") << GetParam() << " " << signature;
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, EmulatedTest,
                         testing::Values(Target::kX64SystemV, Target::kX64Windows,
                                         Target::kA64Apple, Target::kA64Linux,
                                         Target::kA64Windows));

}  // namespace
}  // namespace springboard
