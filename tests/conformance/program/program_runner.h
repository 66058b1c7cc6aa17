#ifndef SPRINGBOARD_TESTS_CONFORMANCE_PROGRAM_PROGRAM_RUNNER_H_
#define SPRINGBOARD_TESTS_CONFORMANCE_PROGRAM_PROGRAM_RUNNER_H_

#include <memory>
#include <string>
#include <vector>

#include "compiler/compile.h"
#include "tests/conformance/runner.h"

namespace springboard {

// A system whose programs run here, natively or through an emulator of its own.
struct ProgramSystem {
  std::string name;  // As a Runner's.
  Target target;
  std::string abi;  // An attribute of functions; "" for the compiler's own convention.
  std::vector<std::string> c_compiler;
  std::vector<std::string> cpp_compiler;
  std::vector<std::string> mapping_sources;  // Of client/mapping, those that are for it.
  std::vector<std::string> launcher;  // What runs its programs; nothing if they run by themselves.
  bool needs_wine_prefix = false;     // A folder for the launcher's state.
};

// Those for which Debian has compilers and something that runs them: x86_64-sysv natively with gcc
// and clang, x86_64-windows natively through ms_abi and under Wine, aarch64-linux under qemu.
const std::vector<ProgramSystem>& ProgramSystems();

// Programs of a system: trampolines, callers and callees in one, compiled by that system's
// compiler with the client's mapping core as it is. Reads the sources of this repository from the
// working directory.
std::unique_ptr<const Runner> MakeProgramRunner(const ProgramSystem& system,
                                                CompileFunction compile = Compile);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CONFORMANCE_PROGRAM_PROGRAM_RUNNER_H_
