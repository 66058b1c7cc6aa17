// The verifier accepts everything that the compiler emits.

#include <gtest/gtest.h>

#include "client/verifier/verifier.h"
#include "compiler/compile.h"
#include "tests/support/signature_generator.h"
#include "tests/support/systematic_signatures.h"

namespace springboard {
namespace {

void ExpectAccepted(const Signature& signature, Target target) {
  const absl::StatusOr<Trampoline> trampoline = Compile({signature, target});
  ASSERT_TRUE(trampoline.ok()) << trampoline.status();
  const std::optional<Rejection> rejection = Verify(
      signature, target, trampoline->profile,
      {trampoline->code, trampoline->relocation.callee_offset_bytes, trampoline->alignment_bytes});
  ASSERT_FALSE(rejection.has_value())
      << *rejection << "\nspringboard compile --format=asm --target=" << target << " --signature='"
      << signature << "'";
}

class CompletenessTest : public testing::TestWithParam<Target> {};

TEST_P(CompletenessTest, SystematicSignatures) {
  for (const Signature& signature : SystematicSignatures()) {
    ExpectAccepted(signature, GetParam());
    if (HasFatalFailure()) return;
  }
}

TEST_P(CompletenessTest, AMillionRandomSignatures) {
  constexpr int kSignatures = 1'000'000;
  SignatureGenerator generator(/*seed=*/11);
  for (int i = 0; i < kSignatures; ++i) {
    ExpectAccepted(generator.Next(), GetParam());
    if (HasFatalFailure()) return;
  }
}

TEST_P(CompletenessTest, TheLongestSignatures) {
  for (const NativeTypeInfo& result : kNativeTypes) {
    for (size_t type = 1; type < kNativeTypes.size(); ++type) {
      const std::vector<NativeType> parameters(Signature::kMaxParameters,
                                               static_cast<NativeType>(type));
      ExpectAccepted(*Signature::Create(parameters, *FindNativeType(result.name)), GetParam());
      if (HasFatalFailure()) return;
    }
  }
}

// The build has a shard for each of the targets.
INSTANTIATE_TEST_SUITE_P(Targets, CompletenessTest,
                         testing::Values(Target::kX64SystemV, Target::kX64Windows,
                                         Target::kA64Apple, Target::kA64Linux,
                                         Target::kA64Windows));

}  // namespace
}  // namespace springboard
