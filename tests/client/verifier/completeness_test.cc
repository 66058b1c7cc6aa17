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

TEST(CompletenessTest, SystematicSignatures) {
  for (const TargetInfo& row : AllTargets()) {
    for (const Signature& signature : SystematicSignatures()) {
      ExpectAccepted(signature, row.target);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(CompletenessTest, AMillionRandomTrampolines) {
  constexpr int kSignatures = 200000;
  SignatureGenerator generator(/*seed=*/11);
  for (int i = 0; i < kSignatures; ++i) {
    const Signature signature = generator.Next();
    for (const TargetInfo& row : AllTargets()) {
      ExpectAccepted(signature, row.target);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(CompletenessTest, TheLongestSignatures) {
  for (const TargetInfo& row : AllTargets()) {
    for (const NativeTypeInfo& result : kNativeTypes) {
      for (size_t type = 1; type < kNativeTypes.size(); ++type) {
        const std::vector<NativeType> parameters(Signature::kMaxParameters,
                                                 static_cast<NativeType>(type));
        ExpectAccepted(*Signature::Create(parameters, *FindNativeType(result.name)), row.target);
        if (HasFatalFailure()) return;
      }
    }
  }
}

}  // namespace
}  // namespace springboard
