#include "tests/conformance/oracle/oracle_compiler.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tests/conformance/oracle/callee_source.h"
#include "tests/support/files.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

const std::vector<std::string>& CommonFlags() {
  static const std::vector<std::string> flags = {"-c",
                                                 "-x",
                                                 "c",
                                                 "-O1",
                                                 "-w",
                                                 "-fno-pic",
                                                 "-fno-stack-protector",
                                                 "-fno-asynchronous-unwind-tables",
                                                 "-fno-exceptions"};
  return flags;
}

OracleCompiler Make(const std::string& name, Target target, std::vector<std::string> command) {
  command.insert(command.end(), CommonFlags().begin(), CommonFlags().end());
  return {name, target, std::move(command)};
}

OracleCompiler Clang(Target target, const std::string& triple) {
  return Make("clang", target, {"/usr/bin/clang-14", "--target=" + triple});
}

}  // namespace

const std::vector<OracleCompiler>& OracleCompilers() {
  static const std::vector<OracleCompiler> compilers = {
      Clang(Target::kX64SystemV, "x86_64-linux-gnu"),
      Clang(Target::kX64Windows, "x86_64-windows-gnu"),
      Clang(Target::kA64Apple, "arm64-apple-macos"),
      Clang(Target::kA64Linux, "aarch64-linux-gnu"),
      Clang(Target::kA64Windows, "aarch64-windows-msvc"),
      Make("gcc", Target::kX64SystemV, {"/usr/bin/gcc"}),
      Make("gcc", Target::kX64Windows, {"/usr/bin/x86_64-w64-mingw32-gcc"}),
      Make("gcc", Target::kA64Linux, {"/usr/bin/aarch64-linux-gnu-gcc"}),
  };
  return compilers;
}

absl::StatusOr<CompiledCallees> CompileCallees(const OracleCompiler& compiler,
                                               absl::Span<const Signature> signatures) {
  const TemporaryFolder folder;
  if (!WriteFile(folder.File("callees.c"), RecordAtConstantAddress() + CalleeSource(signatures))) {
    return absl::InternalError(absl::StrCat("cannot write ", folder.File("callees.c")));
  }
  std::vector<std::string> command = compiler.command;
  command.insert(command.end(), {folder.File("callees.c"), "-o", folder.File("callees.o")});
  const ProcessResult result = RunProgram(command);
  if (result.exit_code != 0) {
    return absl::InternalError(absl::StrCat(command[0], " failed: ", result.err.substr(0, 2000)));
  }
  absl::StatusOr<ObjectCode> object = ReadObjectCode(ReadFile(folder.File("callees.o")));
  if (!object.ok()) return object.status();
  CompiledCallees callees;
  callees.text = std::move(object->text);
  for (size_t i = 0; i < signatures.size(); ++i) {
    const auto found = object->offsets.find(CalleeName(i));
    if (found == object->offsets.end()) {
      return absl::InternalError(absl::StrCat(CalleeName(i), " is not in the object"));
    }
    callees.offsets.push_back(found->second);
  }
  return callees;
}

}  // namespace springboard
