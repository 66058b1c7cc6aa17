#ifndef SPRINGBOARD_TESTS_CLIENT_VERIFIER_HEX_CASE_H_
#define SPRINGBOARD_TESTS_CLIENT_VERIFIER_HEX_CASE_H_

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "client/verifier/verifier.h"
#include "compiler/signature.h"
#include "compiler/target.h"

// Code for the verifier in hexadecimal digits.

namespace springboard::verifier_test {

inline constexpr char kZeros[] = "0000000000000000";  // The callee's slot.

// Code, and the rule that it breaks.
struct HexCase {
  VerifierRule rule;
  std::string what;
  Target target;
  std::string signature;
  std::string hex;
  uint32_t callee_offset_bytes;
  uint32_t offset_bytes;  // Of the rejection.
  int argument = -1;
};

inline std::ostream& operator<<(std::ostream& os, const HexCase& one) {
  return os << Name(one.rule) << ": " << one.what;
}

inline constexpr Target kSystemV = Target::kX64SystemV;
inline constexpr Target kWindows = Target::kX64Windows;
inline constexpr Target kLinuxArm = Target::kA64Linux;
inline constexpr Target kWindowsArm = Target::kA64Windows;
inline constexpr Target kApple = Target::kA64Apple;

// rax = the callee; jump to it, or call it.
inline std::string LoadCallee() { return absl::StrCat("48b8", kZeros); }
inline std::string Jump() { return LoadCallee() + "ffe0"; }
inline std::string Call() { return LoadCallee() + "ffd0"; }

inline std::string Repeated(const std::string& hex, int times) {
  std::string repeated;
  for (int i = 0; i < times; ++i) repeated += hex;
  return repeated;
}

// AArch64 words in the order of their digits in the manual.
inline std::string Words(std::initializer_list<uint32_t> words) {
  std::string hex;
  for (const uint32_t word : words) {
    for (int shift = 0; shift < 32; shift += 8) {
      absl::StrAppend(&hex, absl::Hex(word >> shift & 0xFF, absl::kZeroPad2));
    }
  }
  return hex;
}

inline std::vector<uint8_t> Bytes(const std::string& hex) {
  const std::string bytes = absl::HexStringToBytes(hex);
  return {bytes.begin(), bytes.end()};
}

inline std::optional<Rejection> VerifyHex(const HexCase& one, uint32_t alignment_bytes = 16) {
  return Verify(*Signature::Parse(one.signature), one.target, CallerProfile::kV8_10,
                {Bytes(one.hex), one.callee_offset_bytes, alignment_bytes});
}

}  // namespace springboard::verifier_test

#endif  // SPRINGBOARD_TESTS_CLIENT_VERIFIER_HEX_CASE_H_
