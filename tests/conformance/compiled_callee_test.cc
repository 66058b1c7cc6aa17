// Random signatures on every target, with callees that clang and gcc compiled for it.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "compiler/compile.h"
#include "tests/conformance/emulator.h"
#include "tests/conformance/oracle/oracle_compiler.h"
#include "tests/support/signature_generator.h"

namespace springboard {
namespace {

class CompiledCalleeTest : public testing::TestWithParam<OracleCompiler> {};

TEST_P(CompiledCalleeTest, RandomSignatures) {
  constexpr int kBatches = 2;
  constexpr int kBatchSize = 1000;
  const Target target = GetParam().target;
  Emulator emulator(target);
  SignatureGenerator generator(/*seed=*/7);
  for (int batch = 0; batch < kBatches; ++batch) {
    std::vector<Signature> signatures;
    for (int i = 0; i < kBatchSize; ++i) signatures.push_back(generator.Next());
    const absl::StatusOr<CompiledCallees> callees = CompileCallees(GetParam(), signatures);
    ASSERT_TRUE(callees.ok()) << callees.status();
    emulator.LoadCallees(*callees);
    for (size_t i = 0; i < signatures.size(); ++i) {
      const absl::StatusOr<Trampoline> trampoline = Compile({signatures[i], target});
      ASSERT_TRUE(trampoline.ok()) << trampoline.status();
      const std::vector<uint8_t> code(trampoline->code.begin(), trampoline->code.end());
      ASSERT_EQ(
          emulator.RunCompiled(signatures[i], code, trampoline->relocation.callee_offset_bytes, i),
          "")
          << "springboard compile --format=asm --target=" << target << " --signature='"
          << signatures[i] << "'";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Compilers, CompiledCalleeTest, testing::ValuesIn(OracleCompilers()),
                         [](const auto& compiler) {
                           std::string name = compiler.param.name + "_" +
                                              std::string(Info(compiler.param.target).name);
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

}  // namespace
}  // namespace springboard
