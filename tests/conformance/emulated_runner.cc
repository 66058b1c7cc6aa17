#include "tests/conformance/emulated_runner.h"

#include "tests/conformance/emulator.h"
#include "tests/support/case_seed.h"

namespace springboard {

absl::StatusOr<std::vector<WrongTrampoline>> EmulatedRunner::Run(
    absl::Span<const Signature> signatures, uint64_t seed) const {
  const absl::StatusOr<CompiledCallees> callees = CompileCallees(compiler_, signatures);
  if (!callees.ok()) return callees.status();
  Emulator emulator(compiler_.target);
  emulator.LoadCallees(*callees);
  std::vector<WrongTrampoline> wrong;
  for (size_t i = 0; i < signatures.size(); ++i) {
    emulator.Seed(CaseSeed(seed, signatures[i]));
    const absl::StatusOr<Trampoline> trampoline = compile_({signatures[i], compiler_.target});
    const std::string problem =
        trampoline.ok() ? emulator.RunCompiled(signatures[i],
                                               {trampoline->code.begin(), trampoline->code.end()},
                                               trampoline->relocation.callee_offset_bytes, i)
                        : trampoline.status().ToString();
    if (!problem.empty()) wrong.push_back({i, problem});
  }
  return wrong;
}

}  // namespace springboard
