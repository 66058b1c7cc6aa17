#include "tests/support/shrink.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/support/systematic_signatures.h"

namespace springboard {
namespace {

size_t Count(const Signature& signature, NativeType type) {
  return static_cast<size_t>(
      std::count(signature.parameters().begin(), signature.parameters().end(), type));
}

TEST(ShrinkTest, LeavesOnlyWhatTheFailureNeeds) {
  const Signature found =
      *Signature::Parse("u64(u8,f32,buffer,i16,f64,f32,bool,u8,f32,i64,pointer,u16)");
  // A defect that takes two floats.
  const auto fails = [](const Signature& signature) {
    return Count(signature, NativeType::kF32) >= 2;
  };
  EXPECT_EQ(Shrink(found, fails).ToString(), "void(f32,f32)");
}

TEST(ShrinkTest, KeepsTheResultThatTheFailureNeeds) {
  const auto fails = [](const Signature& signature) {
    return signature.result() == NativeType::kI8 && signature.parameters().size() >= 3;
  };
  EXPECT_EQ(Shrink(*Signature::Parse("i8(u8,f32,buffer,i16)"), fails).ToString(),
            "i8(u64,u64,u64)");
}

TEST(SystematicSignaturesTest, HasEveryTypeInEveryPosition) {
  const std::vector<Signature> signatures = SystematicSignatures();
  for (size_t type = 1; type < kNativeTypes.size(); ++type) {
    for (size_t position = 0; position < 14; ++position) {
      EXPECT_TRUE(std::any_of(signatures.begin(), signatures.end(),
                              [&](const Signature& one) {
                                return one.parameters().size() > position &&
                                       one.parameters()[position] == static_cast<NativeType>(type);
                              }))
          << kNativeTypes[type].name << " at " << position;
    }
  }
}

}  // namespace
}  // namespace springboard
