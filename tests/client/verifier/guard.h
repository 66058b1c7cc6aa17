#ifndef SPRINGBOARD_TESTS_CLIENT_VERIFIER_GUARD_H_
#define SPRINGBOARD_TESTS_CLIENT_VERIFIER_GUARD_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>

#include "client/verifier/verifier.h"
#include "compiler/target.h"
#include "tests/client/verifier/hex_case.h"

namespace springboard::verifier_test {

// Right code and wrong code that differ in one place, so that the wrong one can be rejected for
// nothing else. In hexadecimal digits; on AArch64 the callee's slot follows.
struct Guard {
  VerifierRule rule;
  std::string what;
  Target target;
  std::string signature;
  std::string before;
  std::string wrong;
  std::string right;
  std::string after;
  uint32_t offset_bytes;  // Of the rejection.
  int argument = -1;
};

// What the verifier says if `between` is in the one place.
inline std::optional<Rejection> VerifyWith(const Guard& guard, const std::string& between) {
  const bool is_x64 = Info(guard.target).isa == Isa::kX64;
  const std::string code = guard.before + between + guard.after;
  const std::string hex = is_x64 ? code : code + kZeros;
  const size_t digit = is_x64 ? hex.find(kZeros) : code.size();
  return VerifyHex({guard.rule, guard.what, guard.target, guard.signature, hex,
                    static_cast<uint32_t>(digit / 2), guard.offset_bytes});
}

// The right code first: what a verifier remembered of it might vouch for the wrong one.
inline void ExpectGuarded(const Guard& guard) {
  SCOPED_TRACE(testing::Message() << Name(guard.rule) << ": " << guard.what << ": " << guard.before
                                  << " " << guard.wrong << " " << guard.after);
  EXPECT_EQ(VerifyWith(guard, guard.right), std::nullopt) << guard.right;
  const std::optional<Rejection> rejection = VerifyWith(guard, guard.wrong);
  ASSERT_TRUE(rejection.has_value());
  EXPECT_EQ(*rejection, (Rejection{guard.rule, guard.offset_bytes, guard.argument}));
}

}  // namespace springboard::verifier_test

#endif  // SPRINGBOARD_TESTS_CLIENT_VERIFIER_GUARD_H_
