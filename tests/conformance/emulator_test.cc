// That the emulator notices what a trampoline must not do, though its result is right.

#include "tests/conformance/emulator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "compiler/compile.h"
#include "tests/conformance/abi_oracle.h"

namespace springboard {
namespace {

using testing::HasSubstr;
using Bytes = std::vector<uint8_t>;

// The compiler's code with an instruction before it. Nothing in it is relative to anything outside.
std::string RunAfter(Emulator& emulator, Target target, const std::string& signature,
                     const Bytes& instruction) {
  const Signature parsed = *Signature::Parse(signature);
  const absl::StatusOr<Trampoline> trampoline = Compile({parsed, target});
  if (!trampoline.ok()) return trampoline.status().ToString();
  Bytes code = instruction;
  code.insert(code.end(), trampoline->code.begin(), trampoline->code.end());
  return emulator.Run(
      parsed, code,
      trampoline->relocation.callee_offset_bytes + static_cast<uint32_t>(instruction.size()));
}

Bytes Hex(const std::string& digits) {
  const std::string bytes = absl::HexStringToBytes(digits);
  return {bytes.begin(), bytes.end()};
}

Bytes Word(uint32_t word) {
  Bytes bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<uint8_t>(word >> shift));
  return bytes;
}

struct Read {
  std::string what;
  Target target;
  std::string signature;
  Bytes instruction;
  std::string noticed;  // Nothing where the read is right.
};

TEST(EmulatorTest, ReadsOfArraysAndOfTheCode) {
  constexpr Target kX64 = Target::kX64SystemV;
  constexpr Target kA64 = Target::kA64Linux;
  const std::string array = "an array was read";
  const std::string code = "the code was read";
  const std::vector<Read> reads = {
      {"mov rax, [rsi + 8]", kX64, "void(buffer)", Hex("488b4608"), ""},
      {"mov rax, [rsi]", kX64, "void(buffer)", Hex("488b06"), array},
      {"mov rax, [rsi + 16]", kX64, "void(buffer)", Hex("488b4610"), array},
      {"mov rax, [rsi + 9]", kX64, "void(buffer)", Hex("488b4609"), array},
      {"mov rax, [rsi + 32], which is the next one's", kX64, "void(buffer,buffer)", Hex("488b4620"),
       ""},
      {"mov rax, [rsi + 32], behind the last one", kX64, "void(buffer)", Hex("488b4620"), array},
      {"mov rax, [rsi + 8]; mov rax, [rax]: the out array", kX64, "u64()", Hex("488b4608488b00"),
       array},
      {"mov rax, [rip]", kX64, "void()", Hex("488b0500000000"), code},
      {"movzx eax, byte [rip + 5], of the slot", kX64, "void(u64)", Hex("0fb60505000000"), code},
      {"ldr x9, [x1, #8]", kA64, "void(buffer)", Word(0xF9400429), ""},
      {"ldr x9, [x1]", kA64, "void(buffer)", Word(0xF9400029), array},
      {"ldr w9, [x1, #16]", kA64, "void(buffer)", Word(0xB9401029), array},
      // mov x0, x1; ldr x16, callee; br x16 follow.
      {"ldr x9, callee", kA64, "void(u64)", Word(0x58000089), ""},
      {"ldr x9, before the callee", kA64, "void(u64)", Word(0x58000069), code},
      {"ldr x9, itself", kA64, "void(u64)", Word(0x58000009), code},
  };
  for (const Read& read : reads) {
    SCOPED_TRACE(read.what);
    Emulator emulator(read.target);
    const std::string problem = RunAfter(emulator, read.target, read.signature, read.instruction);
    if (read.noticed.empty()) {
      EXPECT_EQ(problem, "");
    } else {
      EXPECT_THAT(problem, HasSubstr(read.noticed));
    }
  }
}

// V8 may have copies of the receiver in any register. The argument register is one that the callee
// of a void() does not look at.
TEST(EmulatorTest, CopiesOfTheReceiver) {
  for (const TargetInfo& row : AllTargets()) {
    Emulator emulator(row.target);
    const bool is_x64 = row.isa == Isa::kX64;
    for (const uint32_t number : SavedGeneral(row.target)) {
      SCOPED_TRACE(testing::Message() << row.name << ", register " << number);
      // mov r8, register; mov x7, register
      const Bytes instruction = is_x64 ? Bytes{static_cast<uint8_t>(number >= 8 ? 0x4D : 0x49),
                                               0x89, static_cast<uint8_t>(0xC0 | (number & 7) << 3)}
                                       : Word(0xAA0003E7 | number << 16);
      int noticed = 0;
      constexpr int kRuns = 40;
      for (int run = 0; run < kRuns; ++run) {
        const std::string problem = RunAfter(emulator, row.target, "void()", instruction);
        if (problem.empty()) continue;
        EXPECT_THAT(problem, HasSubstr("the receiver is in integer argument register"));
        ++noticed;
      }
      // In the other runs registers differ, so that one restored for another is noticed too.
      EXPECT_GT(noticed, 0);
      EXPECT_LT(noticed, kRuns);
    }
  }
}

}  // namespace
}  // namespace springboard
