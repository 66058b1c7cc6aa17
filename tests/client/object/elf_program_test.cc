// springboard object for ELF: what it writes is linked by each linker into programs of each kind,
// which call, throw, unwind and are checked on x86-64 and, emulated, on AArch64.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/files.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

constexpr char kManifest[] = R"C(
symbol { name: "scale" signature: "f64(f64,f64)" }
symbol { name: "swap16" signature: "u16(u16)" }
symbol { name: "sum" signature: "u64(buffer,u32)" }
symbol { name: "mix" signature: "f64(f32,f32,f32,f32,f32,f32,f32,f32,f32,f32,u64,u64,u64,u64,u64,u64,u64,u64,i8)" }
symbol { name: "wide" signature: "i64(i64,i64,i64,i64,i64,i64,i64,i64,i64,i64)" }
symbol { name: "flip" signature: "bool(bool)" }
symbol { name: "poke" signature: "void(pointer,i8)" }
)C";

constexpr char kCallees[] = R"C(
#include <stdbool.h>
#include <stdint.h>
double scale(double a, double b) { return a * 10 + b; }
uint16_t swap16(uint16_t value) { return (uint16_t)(value << 8 | value >> 8); }
uint64_t sum(const uint8_t *data, uint32_t count) {
  uint64_t total = UINT64_C(1) << 40;
  for (uint32_t i = 0; i < count; ++i) total += data[i];
  return total;
}
double mix(float a, float b, float c, float d, float e, float f, float g, float h, float i, float j,
           uint64_t k, uint64_t l, uint64_t m, uint64_t n, uint64_t o, uint64_t p, uint64_t q,
           uint64_t r, int8_t s) {
  return a + b + c + d + e + f + g + h + 2 * i + 3 * j + k + l + m + n + o + p + 5 * q + 7 * r + s;
}
int64_t wide(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f, int64_t g, int64_t h,
             int64_t i, int64_t j) {
  return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j;
}
bool flip(bool value) { return !value; }
void poke(int8_t *place, int8_t value) { *place = value; }
)C";

// Calls each as V8 would, with garbage above narrow values, by its name and through the table.
constexpr char kDriver[] = R"C(
#include "stubs.h"

#include <stdio.h>
#include <string.h>
#define CHECK(condition) if (!(condition)) { puts(#condition); return 1; }
int main(void) {
  uint8_t bytes[] = {1, 2, 3};
  uint64_t out = 0;
  int8_t place = 0;
  int receiver = 0;
  const struct springboard_typed_array data = {3, bytes}, result = {1, &out};
  CHECK(__springboard_scale(&receiver, 4.0, 2.0) == 42);
  CHECK(__springboard_swap16(&receiver, 0xABCD1234) == 0x3412);
  __springboard_sum(&receiver, &data, 3, &result);
  CHECK(out == (UINT64_C(1) << 40) + 6);
  CHECK(__springboard_mix(&receiver, 1, 1, 1, 1, 1, 1, 1, 1, 10, 100, 1, 1, 1, 1, 1, 1, 1000, 10000,
                          -4) == 8 + 20 + 300 + 6 + 5000 + 70000 - 4);
  __springboard_wide(&receiver, 1, 2, 3, 4, 5, 6, 7, 8, 9, -10, &result);
  CHECK((int64_t)out == 1 + 4 + 9 + 16 + 25 + 36 + 49 + 64 + 81 - 100);
  CHECK(__springboard_flip(&receiver, 0) == 1);
  __springboard_poke(&receiver, (uint64_t)(uintptr_t)&place, 0x7F);
  CHECK(place == 0x7F);
  const size_t count = sizeof(springboard_object_stubs) / sizeof(springboard_object_stubs[0]);
  CHECK(count == 7);
  for (size_t i = 0; i < count; ++i) {
    const struct springboard_object_function *row = &springboard_object_stubs[i];
    CHECK(row->v8_template->arguments[0] == 0 && row->v8_template->argument_count > 1);
    if (strcmp(row->callee, "scale") != 0) continue;
    CHECK(strcmp(row->signature, "f64(f64,f64)") == 0 && row->v8_template->result == 8);
    CHECK(((double (*)(void *, double, double))row->trampoline)(&receiver, 1, 1) == 11);
  }
  return 0;
}
)C";

struct Machine {
  const char* target;
  std::string tools;  // What their names begin with.
  std::vector<std::string> launcher;
  std::vector<std::string> linkers;  // As gcc calls them.

  bool is_x64() const { return launcher.empty(); }
};

std::ostream& operator<<(std::ostream& os, const Machine& machine) { return os << machine.target; }

class ElfProgramTest : public testing::TestWithParam<Machine> {
 protected:
  ElfProgramTest() {
    EXPECT_TRUE(WriteFile(File("callees.c"), kCallees));
    EXPECT_TRUE(WriteFile(File("driver.c"), kDriver));
  }

  std::string File(const std::string& name) const { return folder_.File(name); }

  // Writes stubs.o and stubs.h, or what `arguments` say.
  void MakeObject(const std::string& manifest, const std::vector<std::string>& arguments) {
    ASSERT_TRUE(WriteFile(File("stubs.textproto"), manifest));
    std::vector<std::string> command = {
        "client/cli/springboard", "object", "--manifest=" + File("stubs.textproto"),
        std::string("--target=") + GetParam().target, "--header=" + File("stubs.h")};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const ProcessResult made = RunProgram(command);
    ASSERT_EQ(made.exit_code, 0) << made.err;
    ASSERT_EQ(made.err, "");
  }
  void MakeObject(const std::string& manifest) {
    MakeObject(manifest, {"--output=" + File("stubs.o")});
  }

  // Links in `arguments`, with the names of files in the folder behind "@"; the exit code, and all
  // that was printed.
  ProcessResult Build(const std::string& compiler, const std::vector<std::string>& arguments) {
    std::vector<std::string> command = {"/usr/bin/" + GetParam().tools + compiler,
                                        "-B/usr/lib/llvm-14/bin", "-I" + File(""), "-O2", "-Wall"};
    for (const std::string& argument : arguments) {
      command.push_back(argument[0] == '@' ? File(argument.substr(1)) : argument);
    }
    return RunProgram(command);
  }
  void ExpectBuilt(const std::string& compiler, const std::vector<std::string>& arguments) {
    const ProcessResult built = Build(compiler, arguments);
    EXPECT_EQ(built.exit_code, 0) << built.err;
    EXPECT_EQ(built.err, "");
  }

  ProcessResult Run(const std::string& name) {
    std::vector<std::string> command = GetParam().launcher;
    command.push_back(File(name));
    return RunProgram(command);
  }

  std::string ReadElf(const std::vector<std::string>& options, const std::string& name) {
    std::vector<std::string> command = {"/usr/bin/llvm-readelf-14"};
    command.insert(command.end(), options.begin(), options.end());
    command.push_back(File(name));
    const ProcessResult read = RunProgram(command);
    EXPECT_EQ(read.err, "");
    return read.out;
  }

 private:
  const TemporaryFolder folder_;
};

TEST_P(ElfProgramTest, RunsInProgramsOfEveryKind) {
  MakeObject(kManifest);
  MakeObject(kManifest, {"--archive", "--output=" + File("libstubs.a")});
  for (const std::string& linker : GetParam().linkers) {
    std::vector<std::string> kinds = {"-no-pie", "-pie", "-static"};
    if (linker != "-fuse-ld=gold") kinds.emplace_back("-static-pie");  // gold has no such kind.
    for (const std::string& kind : kinds) {
      for (const char* const stubs : {"@stubs.o", "@libstubs.a"}) {
        SCOPED_TRACE(linker + " " + kind + " " + stubs);
        ExpectBuilt("gcc", {linker, kind, "-Wl,--fatal-warnings,-z,text", "@driver.c", stubs,
                            "@callees.c", "-o", "@program"});
        const ProcessResult run = Run("program");
        EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
        // The stack stays as it is without the object.
        EXPECT_THAT(ReadElf({"-lW"}, "program"), ContainsRegex("GNU_STACK [0-9a-fx ]* RW +0"));
      }
    }
  }
}

TEST_P(ElfProgramTest, WorksBetweenSharedLibraries) {
  MakeObject(kManifest);
  for (const std::string& linker : GetParam().linkers) {
    SCOPED_TRACE(linker);
    const std::string text = "-Wl,--fatal-warnings,-z,text,-rpath," + File("");
    ExpectBuilt("gcc", {linker, text, "-shared", "-fPIC", "@callees.c", "-o", "@libcallees.so"});
    ExpectBuilt("gcc", {linker, text, "@driver.c", "@stubs.o", "@libcallees.so", "-o", "@program"});
    EXPECT_EQ(Run("program").exit_code, 0) << "callees in a library";
    ExpectBuilt("gcc",
                {linker, text, "-shared", "@stubs.o", "@libcallees.so", "-o", "@libstubs.so"});
    ExpectBuilt("gcc",
                {linker, text, "@driver.c", "@libstubs.so", "@libcallees.so", "-o", "@program"});
    EXPECT_EQ(Run("program").exit_code, 0) << "trampolines in a library too";
  }
}

TEST_P(ElfProgramTest, BranchesDirectlyWhereItCan) {
  MakeObject(kManifest);
  for (const std::string& linker : GetParam().linkers) {
    ExpectBuilt("gcc",
                {linker, "-static", "@driver.c", "@stubs.o", "@callees.c", "-o", "@program"});
    const ProcessResult listing =
        RunProgram({"/usr/bin/llvm-objdump-14", "-d", "--no-show-raw-insn", File("program")});
    EXPECT_THAT(listing.out,
                ContainsRegex("<__springboard_scale>:\n[^<]*\tb?j?(mp)?\t0x[0-9a-f]+ <scale>\n"))
        << linker;
    EXPECT_THAT(listing.out,
                ContainsRegex("<__springboard_wide>:\n[^<]*\t(callq?|bl)\t0x[0-9a-f]+ <wide>\n"))
        << linker;
  }
}

// On AArch64 a branch reaches 128 MiB.
TEST_P(ElfProgramTest, ReachesWhatIsFar) {
  if (GetParam().is_x64()) GTEST_SKIP() << "x86-64's branches reach all of a program";
  MakeObject(kManifest);
  std::string far = kCallees;
  for (const char* const name : {"double scale", "int64_t wide"}) {
    far.insert(far.find(name), "__attribute__((section(\".far\"))) ");
  }
  ASSERT_TRUE(WriteFile(File("far.c"), far));
  for (const std::string& linker : GetParam().linkers) {
    ExpectBuilt("gcc", {linker, "-static", "-Wl,--section-start=.far=0x20000000", "@driver.c",
                        "@stubs.o", "@far.c", "-o", "@program"});
    EXPECT_EQ(Run("program").exit_code, 0) << linker;
  }
}

// Also what is missing is not missed where nothing refers to it.
TEST_P(ElfProgramTest, WhatIsNotCalledIsLeftOut) {
  MakeObject(kManifest);
  ASSERT_TRUE(WriteFile(File("one.c"),
                        "double __springboard_scale(void *, double, double);\n"
                        "double scale(double a, double b) { return a - b; }\n"
                        "int main(void) { return (int)__springboard_scale(0, 7.0, 7.0); }\n"));
  for (const std::string& linker : GetParam().linkers) {
    ExpectBuilt("gcc", {linker, "-Wl,--gc-sections,--fatal-warnings", "@one.c", "@stubs.o", "-o",
                        "@program"});
    EXPECT_EQ(Run("program").exit_code, 0) << linker;
    const std::string symbols = ReadElf({"-sW"}, "program");
    EXPECT_THAT(symbols, HasSubstr("__springboard_scale")) << linker;
    EXPECT_THAT(symbols, Not(HasSubstr("__springboard_swap16"))) << linker;
    // Of an archive nothing else is taken to begin with.
    MakeObject(kManifest, {"--archive", "--output=" + File("libstubs.a")});
    ExpectBuilt("gcc", {linker, "@one.c", "@libstubs.a", "-o", "@program"});
    EXPECT_THAT(ReadElf({"-sW"}, "program"), Not(HasSubstr("__springboard_swap16"))) << linker;
  }
}

constexpr char kThrowingManifest[] = R"C(
symbol { name: "fail16" signature: "u16(u16)" }
symbol { name: "fail64" signature: "i64(i64)" }
symbol { name: "fail_deep" signature: "u64(u64,u64,u64,u64,u64,u64,u64,u64,u64,u8)" }
symbol { name: "fail_on" signature: "f64(f64)" }
)C";

// Exceptions from behind trampolines with a frame and without one; what the caller has in registers
// that are saved across calls is still there when they arrive.
constexpr char kThrowingProgram[] = R"C(
#include "stubs.h"

#include <cstdio>
#include <stdexcept>
#include <string>
extern "C" {
uint16_t fail16(uint16_t value) { throw std::runtime_error(std::to_string(value)); }
int64_t fail64(int64_t value) { throw std::runtime_error(std::to_string(value)); }
uint64_t fail_deep(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                   uint64_t value, uint8_t) {
  throw std::runtime_error(std::to_string(value));
}
double fail_on(double value) { throw std::runtime_error(std::to_string((int)value)); }
}
template <typename Call>
__attribute__((noinline)) bool Caught(const volatile long *numbers, const Call &call) {
  // More than there are registers that a callee may change.
  const long a = numbers[0], b = numbers[1], c = numbers[2], d = numbers[3], e = numbers[4];
  const long f = numbers[5], g = numbers[6], h = numbers[7], i = numbers[8], j = numbers[9];
  try {
    call();
  } catch (const std::runtime_error &error) {
    const bool are_kept = a == 1 && b == 2 && c == 3 && d == 4 && e == 5 && f == 6 && g == 7 &&
                          h == 8 && i == 9 && j == 10;
    return are_kept && error.what() == std::string("77");
  }
  return false;
}
int main() {
  const volatile long numbers[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  uint64_t out = 0;
  const springboard_typed_array result = {1, &out};
  for (int round = 0; round < 3; ++round) {
    if (!Caught(numbers, [] { __springboard_fail16(nullptr, 77); })) return 1;
    if (!Caught(numbers, [&] { __springboard_fail64(nullptr, 77, &result); })) return 2;
    if (!Caught(numbers, [&] {
          __springboard_fail_deep(nullptr, 0, 0, 0, 0, 0, 0, 0, 0, 77, 0, &result);
        })) {
      return 3;
    }
    if (!Caught(numbers, [] { __springboard_fail_on(nullptr, 77); })) return 4;
  }
  return 0;
}
)C";

TEST_P(ElfProgramTest, ExceptionsPass) {
  ASSERT_TRUE(WriteFile(File("throwing.cc"), kThrowingProgram));
  for (const char* const pads : {"", "--landing-pads"}) {
    std::vector<std::string> arguments = {"--output=" + File("stubs.o")};
    if (*pads != '\0') arguments.push_back(pads);
    MakeObject(kThrowingManifest, arguments);
    for (const std::string& linker : GetParam().linkers) {
      for (const char* const kind : {"-static", "-pie"}) {
        ExpectBuilt("g++", {linker, kind, "-Wl,--gc-sections", "@throwing.cc", "@stubs.o", "-o",
                            "@program"});
        const ProcessResult run = Run("program");
        EXPECT_EQ(run.exit_code, 0) << linker << " " << kind << " " << pads << ": " << run.err;
      }
    }
  }
}

// A signal at every instruction of every trampoline, from which the stack is walked: the caller is
// found, and has its registers.
constexpr char kSteppingProgram[] = R"C(
#include "stubs.h"

#include <signal.h>
#include <ucontext.h>
#include <unwind.h>

#include <cstdio>
asm(R"-(
.text
.globl SetTrapFlag, ClearTrapFlag
SetTrapFlag:
  pushfq
  orq $0x100, (%rsp)
  popfq
  ret
ClearTrapFlag:
  pushfq
  andq $~0x100, (%rsp)
  popfq
  ret
# Calls rdi as a trampoline, with a number in each register that a callee keeps.
.globl CallStepping
.type CallStepping, @function
CallStepping:
  .cfi_startproc
  push %rbx
  .cfi_adjust_cfa_offset 8
  .cfi_offset %rbx, -16
  push %rbp
  .cfi_adjust_cfa_offset 8
  .cfi_offset %rbp, -24
  push %r12
  .cfi_adjust_cfa_offset 8
  .cfi_offset %r12, -32
  mov %rdi, %rax
  mov %rsi, %rdx
  mov $0x1111, %ebx
  mov $0x2222, %ebp
  mov $0x3333, %r12d
  xor %edi, %edi
  mov $7, %esi
  movsd one(%rip), %xmm0
  movsd one(%rip), %xmm1
  call SetTrapFlag
  call *%rax
  call ClearTrapFlag
  pop %r12
  .cfi_adjust_cfa_offset -8
  .cfi_restore %r12
  pop %rbp
  .cfi_adjust_cfa_offset -8
  .cfi_restore %rbp
  pop %rbx
  .cfi_adjust_cfa_offset -8
  .cfi_restore %rbx
  ret
  .cfi_endproc
.size CallStepping, . - CallStepping
.section .rodata
.p2align 3
one: .double 1.0
.text
)-");
extern "C" {
void CallStepping(void (*trampoline)(void), const void *array);
uint16_t swap16(uint16_t value) { return value; }
int64_t wide(int64_t a, int64_t) { return a; }
double scale(double a, double) { return a; }
}
namespace {
void *trampoline;
int seen, wrong;
void OnStep(int, siginfo_t *, void *context) {
  const auto pc = (uintptr_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
  if (_Unwind_FindEnclosingFunction((void *)(pc + 1)) != trampoline) return;
  ++seen;
  bool found = false;
  _Unwind_Backtrace(
      [](_Unwind_Context *frame, void *is_found) {
        void *const address = (void *)(_Unwind_GetIP(frame) - 1);
        if (_Unwind_FindEnclosingFunction(address) == (void *)&CallStepping) {
          // By DWARF's numbers: rbx, rbp and r12.
          *(bool *)is_found = _Unwind_GetGR(frame, 3) == 0x1111 &&
                              _Unwind_GetGR(frame, 6) == 0x2222 &&
                              _Unwind_GetGR(frame, 12) == 0x3333;
        }
        return _URC_NO_REASON;
      },
      &found);
  if (!found) {
    ++wrong;
    printf("not found from offset %d\n", (int)(pc - (uintptr_t)trampoline));
  }
}
}
int main() {
  struct sigaction action = {};
  action.sa_sigaction = &OnStep;
  action.sa_flags = SA_SIGINFO;
  if (sigaction(SIGTRAP, &action, nullptr) != 0) return 1;
  uint64_t out = 0;
  const springboard_typed_array array = {1, &out};
  for (const springboard_object_function &row : springboard_object_stubs) {
    trampoline = (void *)row.trampoline;
    seen = 0;
    CallStepping(row.trampoline, &array);
    printf("%s: %d instructions\n", row.callee, seen);
    if (seen < 2) return 2;
  }
  return wrong == 0 ? 0 : 3;
}
)C";

TEST_P(ElfProgramTest, TheCallerIsFoundFromEveryInstruction) {
  if (!GetParam().is_x64()) GTEST_SKIP() << "qemu does not step a program by its own signals";
  ASSERT_TRUE(WriteFile(File("stepping.cc"), kSteppingProgram));
  for (const char* const pads : {"--landing-pads=false", "--landing-pads=true"}) {
    MakeObject(R"C(
symbol { name: "scale" signature: "f64(f64,f64)" }
symbol { name: "swap16" signature: "u16(u16)" }
symbol { name: "wide" signature: "i64(i64)" }
)C",
               {"--output=" + File("stubs.o"), pads});
    for (const std::string& linker : GetParam().linkers) {
      ExpectBuilt("g++", {linker, "-Wno-unused", "@stepping.cc", "@stubs.o", "-o", "@program"});
      const ProcessResult run = Run("program");
      EXPECT_EQ(run.exit_code, 0) << linker << " " << pads << ": " << run.out << run.err;
      EXPECT_THAT(run.out, HasSubstr("wide: "));
    }
  }
}

constexpr char kProtectedDriver[] = R"C(
double __springboard_scale(void *, double, double);
double call(double (*function)(void *, double, double)) { return function(0, 1, 2); }
double scale(double a, double b) { return a + b; }
double run(void) { return call(&__springboard_scale); }
)C";

// IBT and shadow stacks, and BTI: the linker finds nothing that does not support them.
TEST_P(ElfProgramTest, WithLandingPadsAProgramIsProtected) {
  constexpr char kScale[] = "symbol { name: \"scale\" signature: \"f64(f64,f64)\" }";
  ASSERT_TRUE(WriteFile(File("protected.c"), kProtectedDriver));
  const bool is_x64 = GetParam().is_x64();
  for (const std::string& linker : GetParam().linkers) {
    if (linker == "-fuse-ld=gold") continue;  // It has none of these flags.
    const std::string report = is_x64 ? "-Wl,-z,cet-report=error" : "-Wl,-z,force-bti";
    // lld can also mark what does not support IBT, of which it warns.
    const bool can_force = is_x64 && linker == "-fuse-ld=lld";
    const std::vector<std::string> arguments = {
        linker,
        "-shared",
        "-fPIC",
        "-nostdlib",
        is_x64 ? "-fcf-protection=full" : "-mbranch-protection=bti",
        report + (can_force ? ",-z,force-ibt" : "") + ",--fatal-warnings",
        "@protected.c",
        "@stubs.o",
        "-o",
        "@library.so"};
    MakeObject(kScale, {"--landing-pads", "--output=" + File("stubs.o")});
    ExpectBuilt("gcc", arguments);
    EXPECT_THAT(ReadElf({"-n"}, "library.so"),
                HasSubstr(is_x64 ? "x86 feature: IBT, SHSTK" : "aarch64 feature: BTI"))
        << linker;
    MakeObject(kScale);
    const ProcessResult without = Build("gcc", arguments);
    EXPECT_NE(without.exit_code, 0) << linker;
    EXPECT_THAT(without.err, HasSubstr("stubs.o"));
  }
}

constexpr char kBtiProgram[] = R"C(
double __springboard_scale(void *, double, double);
double scale(double a, double b) { return a + b; }
__attribute__((noinline)) double call(double (*volatile function)(void *, double, double)) {
  return function(0, 20, 22);
}
void _start(void) {
  register long status asm("x0") = call(&__springboard_scale) == 42 ? 0 : 1;
  register long number asm("x8") = 93;
  asm volatile("svc #0" : : "r"(status), "r"(number));
}
)C";

// qemu's processor takes an indirect call to where none may land for a fault.
TEST_P(ElfProgramTest, LandingPadsAreWhereCallsLand) {
  if (GetParam().is_x64()) GTEST_SKIP() << "IBT is not enforced in user mode here";
  ASSERT_TRUE(WriteFile(File("bti.c"), kBtiProgram));
  for (const std::string& linker : GetParam().linkers) {
    for (const bool has_pads : {true, false}) {
      MakeObject("symbol { name: \"scale\" signature: \"f64(f64,f64)\" }",
                 {has_pads ? "--landing-pads=true" : "--landing-pads=false",
                  "--output=" + File("stubs.o")});
      // Without pads the linker warns, and is told to mark the program all the same.
      const ProcessResult built =
          Build("gcc", {linker, "-static", "-nostdlib", "-mbranch-protection=bti",
                        "-Wl,-z,force-bti", "@bti.c", "@stubs.o", "-o", "@program"});
      ASSERT_EQ(built.exit_code, 0) << built.err;
      EXPECT_EQ(Run("program").exit_code == 0, has_pads) << linker;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Machines, ElfProgramTest,
    testing::Values(
        Machine{"x86_64-sysv", "", {}, {"-fuse-ld=bfd", "-fuse-ld=lld", "-fuse-ld=gold"}},
        Machine{"aarch64-linux",
                "aarch64-linux-gnu-",
                {"/usr/bin/qemu-aarch64", "-cpu", "max", "-L", "/usr/aarch64-linux-gnu"},
                {"-fuse-ld=bfd", "-fuse-ld=lld"}}));

}  // namespace
}  // namespace springboard
