#include "tests/conformance/compiled_run.h"

#include "absl/strings/str_cat.h"
#include "compiler/compile.h"
#include "tests/conformance/emulator.h"
#include "tests/support/shrink.h"

namespace springboard {
namespace {

constexpr size_t kShownFailures = 3;

// Empty if the trampoline is right.
std::string RunOne(Emulator& emulator, const Signature& signature, Target target, size_t callee) {
  const absl::StatusOr<Trampoline> trampoline = Compile({signature, target});
  if (!trampoline.ok()) return trampoline.status().ToString();
  return emulator.RunCompiled(signature, {trampoline->code.begin(), trampoline->code.end()},
                              trampoline->relocation.callee_offset_bytes, callee);
}

// What is wrong with one signature by itself.
std::string Problem(const OracleCompiler& compiler, const Signature& signature) {
  const absl::StatusOr<CompiledCallees> callees = CompileCallees(compiler, {signature});
  if (!callees.ok()) return callees.status().ToString();
  Emulator emulator(compiler.target);
  emulator.LoadCallees(*callees);
  return RunOne(emulator, signature, compiler.target, 0);
}

ConformanceFailure Explain(const OracleCompiler& compiler, const Signature& signature) {
  const Signature smallest = Shrink(
      signature, [&](const Signature& simpler) { return !Problem(compiler, simpler).empty(); });
  return {smallest, Problem(compiler, smallest),
          absl::StrCat("springboard compile --format=asm --target=", Info(compiler.target).name,
                       " --signature='", smallest.ToString(), "'")};
}

}  // namespace

absl::StatusOr<ConformanceResult> RunCompiledCallees(const OracleCompiler& compiler,
                                                     absl::Span<const Signature> signatures) {
  const absl::StatusOr<CompiledCallees> callees = CompileCallees(compiler, signatures);
  if (!callees.ok()) return callees.status();
  Emulator emulator(compiler.target);
  emulator.LoadCallees(*callees);
  ConformanceResult result;
  for (size_t i = 0; i < signatures.size(); ++i) {
    ++result.cases;
    if (RunOne(emulator, signatures[i], compiler.target, i).empty()) continue;
    ++result.failures;
    if (result.shown.size() < kShownFailures) {
      result.shown.push_back(Explain(compiler, signatures[i]));
    }
  }
  return result;
}

}  // namespace springboard
