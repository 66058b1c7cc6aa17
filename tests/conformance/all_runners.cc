#include "tests/conformance/all_runners.h"

#include "tests/conformance/emulated_runner.h"
#include "tests/conformance/oracle/oracle_compiler.h"
#include "tests/conformance/program/program_runner.h"
#include "tests/conformance/v8_caller/v8_runner.h"

namespace springboard {

std::vector<std::unique_ptr<const Runner>> AllRunners() {
  std::vector<std::unique_ptr<const Runner>> runners;
  for (const OracleCompiler& compiler : OracleCompilers()) {
    runners.push_back(std::make_unique<EmulatedRunner>(compiler));
  }
  for (const ProgramSystem& system : ProgramSystems()) {
    runners.push_back(MakeProgramRunner(system));
  }
  runners.push_back(std::make_unique<V8Runner>());
  return runners;
}

}  // namespace springboard
