// Windows programs linked with COFF objects, run by Wine: its unwinder finds the caller at every
// instruction of a trampoline, and exceptions pass through.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/object/coff_writer.h"
#include "tests/client/object/compiled_object.h"
#include "tests/client/object/object_tools.h"

namespace springboard {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

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

class WindowsProgram : public testing::Test {
 protected:
  static void TearDownTestSuite() { TheWine().reset(); }

  // What a program prints that is linked with `bytes`, the object as a file.
  static std::string Run(const Object& object, const std::string& bytes,
                         const std::vector<std::string>& linker_options) {
    const TemporaryFolder folder;
    std::string functions;
    for (const ObjectFunction& function : object.functions) {
      absl::StrAppend(&functions, "FUNCTION(", function.name, ", ", function.code.size(), ", ",
                      Throws(function) ? "true" : "false", ")\n");
    }
    EXPECT_TRUE(WriteFile(folder.File("functions.inc"), functions));
    EXPECT_TRUE(WriteFile(folder.File("callees.s"), Callees(object)));
    EXPECT_TRUE(WriteFile(folder.File("trampolines.obj"), bytes));
    std::vector<std::string> command = {kCompiler,
                                        "-std=c++17",
                                        "-O1",
                                        "-Wall",
                                        "-static",
                                        "-I" + folder.File("."),
                                        "tests/client/object/object_program_windows.cc",
                                        folder.File("callees.s"),
                                        folder.File("trampolines.obj"),
                                        "-o",
                                        folder.File("program.exe")};
    command.insert(command.end(), linker_options.begin(), linker_options.end());
    OutputOf(command);
    const ProcessResult result = TheWine()->Run(folder.File("program.exe"));
    EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
    return result.out;
  }

  static void ExpectRight(const Object& object, const std::vector<std::string>& linker_options) {
    const absl::StatusOr<std::string> bytes = WriteCoff(object);
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    const std::string out = Run(object, *bytes, linker_options);
    for (const ObjectFunction& function : object.functions) {
      const std::string line = Between(out, function.name + ": ", "\n");
      EXPECT_THAT(line, StartsWith(function.name + ": ok, "));
      if (Throws(function)) continue;
      // Its last instruction was unwound, too: a ret of a byte, or a jmp of 5.
      const size_t last = function.code.size() - (function.is_tail_call ? 5 : 1);
      EXPECT_THAT(line, EndsWith(absl::StrCat("the last at ", last, "\r")));
    }
  }

 private:
  // One for all tests: its first start takes 10 s.
  static std::unique_ptr<Wine>& TheWine() {
    static auto& wine = *new std::unique_ptr<Wine>(new Wine);
    return wine;
  }
};

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

TEST_F(WindowsProgram, IsUnwoundAtEveryInstructionAndByExceptions) {
  ExpectRight(CompiledObject(Target::kX64Windows, Symbols()), {});
}

TEST_F(WindowsProgram, IsUnwoundWithLandingPads) {
  ExpectRight(CompiledObject(Target::kX64Windows, Symbols(), true), {});
}

TEST_F(WindowsProgram, IsUnwoundWithoutUnusedSections) {
  ExpectRight(CompiledObject(Target::kX64Windows, Symbols()), {"-Wl,--gc-sections"});
}

// The frame 8 bytes too large; another register saved.
TEST_F(WindowsProgram, NoticesWrongUnwindInformation) {
  struct Fault {
    std::string right;
    std::string wrong;
    int offset_bytes;
  };
  const Fault faults[] = {{"\x05\x32", "\x05\x42", 5}, {"\x01\x30", "\x01\x50", 1}};
  const Object object = CompiledObject(Target::kX64Windows, {{"checksum", "u64(u64,buffer)"}});
  const absl::StatusOr<std::string> bytes = WriteCoff(object);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  for (const Fault& fault : faults) {
    std::string spoilt = *bytes;
    const size_t info = spoilt.find(std::string("\x01\x05\x02\x00\x05\x32\x01\x30", 8));
    ASSERT_NE(info, std::string::npos);
    const size_t code = spoilt.find(fault.right, info + 4);
    spoilt.replace(code, 2, fault.wrong);
    const std::string out = Run(object, spoilt, {});
    EXPECT_THAT(out, HasSubstr(absl::StrCat("unwound wrongly at offset ", fault.offset_bytes)));
  }
}

}  // namespace
}  // namespace springboard
