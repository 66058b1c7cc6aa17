// springboard static-table: what it prints is assembled, linked and called, on the instruction sets
// that can be run here.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/files.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

using testing::HasSubstr;

constexpr char kCli[] = "client/cli/springboard";

// Reads the table as static_table.h describes it, in C, and calls every copy of its two signatures.
constexpr char kDriver[] = R"(
#include <stdint.h>
struct Entry { int32_t signature; uint32_t signature_bytes; int32_t code; uint32_t stride;
               int32_t callees; uint32_t copies; };
struct Table { uint32_t version, target, profile, size; int32_t probe; struct Entry entries[]; };
extern const struct Table my_table;
static uint16_t swap(uint16_t value) { return (uint16_t)(value << 8 | value >> 8); }
static double subtract(double a, double b) { return a - b; }
static uint64_t *callee(const struct Entry *entry, uint32_t copy) {
  return (uint64_t *)((uintptr_t)&my_table + entry->callees) + copy;
}
static uintptr_t code(const struct Entry *entry, uint32_t copy) {
  return (uintptr_t)&my_table + entry->code + entry->stride * copy;
}
int main(void) {
  if (my_table.version != 1 || my_table.size != 2) return 1;
  if (((int (*)(void))((uintptr_t)&my_table + my_table.probe))() != 0x5B) return 2;
  const struct Entry *first = &my_table.entries[0], *second = &my_table.entries[1];
  if (first->copies != 5 || second->copies != 3) return 3;
  for (uint32_t i = 0; i < first->copies; ++i) *callee(first, i) = (uintptr_t)&subtract;
  for (uint32_t i = 0; i < second->copies; ++i) *callee(second, i) = (uintptr_t)&swap;
  for (uint32_t i = 0; i < first->copies; ++i) {
    if (((double (*)(void *, double, double))code(first, i))(0, 5.5, 0.25) != 5.25) return 4;
  }
  for (uint32_t i = 0; i < second->copies; ++i) {
    if (((uint32_t (*)(void *, uint32_t))code(second, i))(0, 0xABCD1234) != 0x3412) return 5;
  }
  return 0;
}
)";

ProcessResult StaticTable(const std::vector<std::string>& arguments, const std::string& input) {
  std::vector<std::string> command = {kCli, "static-table"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return RunProgram(command, input);
}

struct Machine {
  const char* target;
  const char* compiler;
  std::vector<std::string> launcher;
};

TEST(StaticTableTest, IsAssembledAndCalled) {
  for (const Machine& machine :
       {Machine{"x86_64-sysv", "/usr/bin/gcc", {}},
        Machine{"aarch64-linux", "/usr/bin/aarch64-linux-gnu-gcc", {"/usr/bin/qemu-aarch64"}}}) {
    SCOPED_TRACE(machine.target);
    const ProcessResult table = StaticTable(
        {"--name=my_table", std::string("--target=") + machine.target, "--copies=3", "-"},
        "# two\nu16(u16)\n\nf64(f64,f64)\t5\r\n");
    ASSERT_EQ(table.exit_code, 0) << table.err;
    const TemporaryFolder folder;
    ASSERT_TRUE(WriteFile(folder.File("table.S"), table.out));
    ASSERT_TRUE(WriteFile(folder.File("driver.c"), kDriver));
    // Position-independent, without relocations of the text.
    const ProcessResult built =
        RunProgram({machine.compiler, "-static-pie", "-Wl,-z,text", "-O1", "-Wall", "-Werror",
                    folder.File("table.S"), folder.File("driver.c"), "-o", folder.File("program")});
    ASSERT_EQ(built.exit_code, 0) << built.err;
    std::vector<std::string> command = machine.launcher;
    command.push_back(folder.File("program"));
    EXPECT_EQ(RunProgram(command).exit_code, 0);
  }
}

// A library has the table, and the program that uses the library none of it.
TEST(StaticTableTest, WorksInASharedLibrary) {
  const ProcessResult table =
      StaticTable({"--name=my_table", "--target=x86_64-sysv", "--copies=3", "-"},
                  "u16(u16)\nf64(f64,f64)\t5\n");
  ASSERT_EQ(table.exit_code, 0) << table.err;
  const TemporaryFolder folder;
  ASSERT_TRUE(WriteFile(folder.File("table.S"), table.out));
  ASSERT_TRUE(WriteFile(folder.File("driver.c"), kDriver));
  ASSERT_TRUE(
      WriteFile(folder.File("main.c"), "int run(void);\nint main(void) { return run(); }\n"));
  const std::string library = folder.File("libtable.so");
  const ProcessResult shared =
      RunProgram({"/usr/bin/gcc", "-shared", "-fPIC", "-Wl,-z,text", "-Dmain=run",
                  folder.File("table.S"), folder.File("driver.c"), "-o", library});
  ASSERT_EQ(shared.exit_code, 0) << shared.err;
  const ProcessResult program =
      RunProgram({"/usr/bin/gcc", folder.File("main.c"), library, "-o", folder.File("program")});
  ASSERT_EQ(program.exit_code, 0) << program.err;
  EXPECT_EQ(RunProgram({folder.File("program")}).exit_code, 0);
  // Naming the table from outside is an error of the link, not a copy.
  ASSERT_TRUE(WriteFile(folder.File("outside.c"),
                        "extern const int my_table;\nint main(void) { return my_table; }\n"));
  EXPECT_NE(
      RunProgram({"/usr/bin/gcc", folder.File("outside.c"), library, "-o", folder.File("outside")})
          .exit_code,
      0);
}

struct BadInput {
  std::vector<std::string> arguments;
  std::string input;
  std::string message;
  int exit_code = 1;
};

TEST(StaticTableTest, BadInputIsNamed) {
  for (const BadInput& bad : std::vector<BadInput>{
           {{"--name=t", "-"}, "void()\nu9()\n", "line 2.result"},
           {{"--name=t", "-"}, "void()\tmany\n", "line 1.copies"},
           {{"--name=t", "-"}, "void()\t0\n", "rows[0]"},
           {{"--name=t", "-"}, "void()\nvoid()\n", "void() is again"},
           {{"--name=t", "-"}, "# none\n", "at least one signature"},
           {{"--name=1t", "-"}, "void()\n", "C identifier"},
           {{"--name=t", "--target=x86_64-windows", "-"}, "void()\n", "ELF assembly"},
           {{"--name=t", "--target=z80", "-"}, "void()\n", "UNKNOWN_TARGET"},
           {{"--name=t", "/no/such/file"}, "", "cannot read /no/such/file"},
           {{"--name=t"}, "", "file", 2},
           {{"-"}, "void()\n", "--name", 2},
       }) {
    const ProcessResult result = StaticTable(bad.arguments, bad.input);
    EXPECT_EQ(result.exit_code, bad.exit_code) << bad.message;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr(bad.message));
  }
}

}  // namespace
}  // namespace springboard
