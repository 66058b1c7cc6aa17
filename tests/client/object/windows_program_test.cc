// Windows programs linked with COFF objects, run by Wine: its unwinder finds the caller at every
// instruction of a trampoline, and exceptions pass through.

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/object/coff_writer.h"
#include "tests/client/object/compiled_object.h"
#include "tests/client/object/object_tools.h"

namespace springboard {
namespace {

constexpr const char* kCompiler = "/usr/bin/x86_64-w64-mingw32-g++";

// Wine, with a folder for its state.
class Wine {
 public:
  ~Wine() {
    // It writes its folder once more when it ends, a few seconds after its last program.
    RunProgram({"/usr/bin/env", Prefix(), "/usr/lib/wine/wineserver64", "--wait"});
  }

  ProcessResult Run(const std::string& program) {
    return RunProgram(
        {"/usr/bin/env", Prefix(), "WINEDEBUG=-all", "/usr/lib/wine/wine64", program});
  }

 private:
  std::string Prefix() const { return "WINEPREFIX=" + folder_.File("wine"); }

  TemporaryFolder folder_;
};

bool Throws(const ObjectFunction& function) { return function.callee.rfind("throw_", 0) == 0; }

// Callees that return, having destroyed what they may of the stack; or throw.
std::string Callees(const Object& object) {
  std::string source;
  for (const ObjectFunction& function : object.functions) {
    absl::StrAppend(&source, ".globl ", function.callee, "\n", function.callee, ":\n",
                    Throws(function) ? "jmp ThrowHere\n"
                                     : "mov %rax, 8(%rsp)\nmov %rax, 16(%rsp)\nmov %rax, "
                                       "24(%rsp)\nmov %rax, 32(%rsp)\nxor %eax, %eax\nret\n");
  }
  return source;
}

// functions.inc, and all object files.
void Build(const Object& object, const TemporaryFolder& folder,
           const std::vector<std::string>& linker_options) {
  const absl::StatusOr<std::string> bytes = WriteCoff(object);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  std::string functions;
  for (const ObjectFunction& function : object.functions) {
    absl::StrAppend(&functions, "FUNCTION(", function.name, ", ", function.code.size(), ", ",
                    Throws(function) ? "true" : "false", ")\n");
  }
  ASSERT_TRUE(WriteFile(folder.File("functions.inc"), functions));
  ASSERT_TRUE(WriteFile(folder.File("callees.s"), Callees(object)));
  ASSERT_TRUE(WriteFile(folder.File("trampolines.obj"), *bytes));
  std::vector<std::string> command = {kCompiler,
                                      "-std=c++17",
                                      "-O1",
                                      "-Wall",
                                      "-static",
                                      "-I" + folder.File("."),
                                      "tests/client/object/windows_program.cc",
                                      folder.File("callees.s"),
                                      folder.File("trampolines.obj"),
                                      "-o",
                                      folder.File("program.exe")};
  command.insert(command.end(), linker_options.begin(), linker_options.end());
  OutputOf(command);
}

void ExpectRuns(const Object& object, const std::vector<std::string>& linker_options, Wine& wine) {
  const TemporaryFolder folder;
  Build(object, folder, linker_options);
  const ProcessResult result = wine.Run(folder.File("program.exe"));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const ObjectFunction& function : object.functions) {
    const std::string line = Between(result.out, function.name + ": ", "\n");
    EXPECT_EQ(line.rfind(function.name + ": ok, ", 0), 0U) << function.name << "\n"
                                                           << line << "\n"
                                                           << result.out.substr(0, 2000);
    if (Throws(function)) continue;
    // Its last instruction was unwound, too: a ret of a byte, or a jmp of 5.
    const size_t last = function.code.size() - (function.is_tail_call ? 5 : 1);
    EXPECT_NE(line.find(absl::StrCat("the last at ", last, "\r")), std::string::npos) << line;
  }
}

std::vector<ObjectSymbol> Symbols() {
  std::vector<ObjectSymbol> symbols = TypicalSymbols();
  for (const char* const signature : {"u8(u64)", "u64(u64,u64)", "f64(f64)"}) {
    symbols.push_back({absl::StrCat("throw_", symbols.size()), signature});
  }
  std::string many = "u64(u64";
  for (int i = 0; i < 60; ++i) many += ",u64";
  symbols.push_back({"throw_many", many + ")"});
  return symbols;
}

TEST(WindowsProgram, IsUnwoundAtEveryInstructionAndByExceptions) {
  Wine wine;
  for (const bool pads : {false, true}) {
    ExpectRuns(CompiledObject(Target::kX64Windows, Symbols(), pads), {}, wine);
  }
  ExpectRuns(CompiledObject(Target::kX64Windows, Symbols()), {"-Wl,--gc-sections"}, wine);
}

}  // namespace
}  // namespace springboard
