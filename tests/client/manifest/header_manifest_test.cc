// Headers as the real clang prints them, for every system that is a target.

#include "client/manifest/header_manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "tests/client/manifest/manifest_text.h"
#include "tests/support/files.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr char kLinux[] = "x86_64-linux-gnu";
constexpr char kA64Linux[] = "aarch64-linux-gnu";
constexpr char kApple[] = "arm64-apple-macos";
constexpr char kMsvc[] = "x86_64-pc-windows-msvc";
constexpr char kA64Msvc[] = "aarch64-pc-windows-msvc";
constexpr char kMingw[] = "x86_64-w64-windows-gnu";

ProcessResult RunClang(const std::string& path, const std::string& triple,
                       const std::vector<std::string>& flags) {
  std::vector<std::string> command = {"/usr/bin/clang-14", "--target=" + triple, "-Xclang",
                                      "-ast-dump=json", "-fsyntax-only"};
  command.insert(command.end(), flags.begin(), flags.end());
  command.push_back(path);
  return RunProgram(command);
}

// What clang prints of a file, in which it must find no error.
std::string Dump(const std::string& path, const std::string& triple,
                 const std::vector<std::string>& flags = {}) {
  ProcessResult result = RunClang(path, triple, flags);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return std::move(result.out);
}

absl::StatusOr<Manifest> ReadDump(const std::string& dump, bool has_included = false) {
  std::istringstream input(dump);
  HeaderOptions options;
  options.has_included = has_included;
  return ReadHeaderManifest(input, "h.ast.json", options);
}

class HeaderManifestTest : public testing::Test {
 protected:
  // The dump of a header of the test's own.
  std::string DumpText(const std::string& text, const std::string& triple,
                       const std::vector<std::string>& flags = {}) {
    EXPECT_TRUE(WriteFile(folder_.File("h.h"), text));
    return Dump(folder_.File("h.h"), triple, flags);
  }

  // The symbols of such a header, each as "f u8(i8)".
  std::vector<std::string> Symbols(const std::string& text, const std::string& triple) {
    const absl::StatusOr<Manifest> manifest = ReadDump(DumpText(text, triple));
    EXPECT_TRUE(manifest.ok()) << manifest.status();
    std::vector<std::string> symbols;
    if (!manifest.ok()) return symbols;
    EXPECT_THAT(manifest->left_out, IsEmpty());
    for (const ManifestSymbol& symbol : manifest->symbols) {
      symbols.push_back(absl::StrCat(symbol.name, " ", symbol.signature.ToString()));
    }
    return symbols;
  }

  // What of such a header is left out, each as "3: f: is static".
  std::vector<std::string> LeftOut(const std::string& text, const std::string& triple) {
    const absl::StatusOr<Manifest> manifest = ReadDump(DumpText(text, triple));
    EXPECT_TRUE(manifest.ok()) << manifest.status();
    std::vector<std::string> lines;
    if (!manifest.ok()) return lines;
    for (const std::string& line : manifest->left_out) {
      lines.push_back(absl::StrReplaceAll(line, {{folder_.File("h.h") + ":", ""}}));
    }
    return lines;
  }

  TemporaryFolder folder_;
};

// Every kind of type that is passed. In the expectations below, LONG and ULONG are what C's long
// is, CHAR what its char is, and ENUM what an enumeration without negative constants is.
constexpr char kEveryType[] = R"x(
#define TAKES(name, ...) void name(__VA_ARGS__)
typedef __SIZE_TYPE__ size_t;
typedef __PTRDIFF_TYPE__ ptrdiff_t;
typedef __INTPTR_TYPE__ intptr_t;
typedef __UINTPTR_TYPE__ uintptr_t;
typedef ptrdiff_t ssize_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __INT64_TYPE__ int64_t;
void nothing(void);
void chars(char, signed char, unsigned char, const char);
void shorts(short, unsigned short int);
int ints(int, unsigned, const volatile int);
long longs(long, unsigned long int);
long long long_longs(long long, unsigned long long);
_Bool bools(_Bool);
float floats(float);
double doubles(double, const double);
size_t sizes(size_t, uintptr_t, ptrdiff_t, intptr_t, ssize_t, const size_t);
int64_t fixed(int64_t, uint32_t);
// Pointers.
struct __attribute__((objc_bridge(id))) S;
union U;
enum E { kNone, kOne, kMinus = -1 };
typedef struct S *Handle;
typedef int (*Callback)(void *, const char *);
typedef int Function(int);
typedef int Row[4];
const void *pointers(void *, const char *const *restrict, struct S *, union U *, enum E *, Handle);
void arrays(int[], int[10], Row, int[3][4], int (*)[4], Row *);
void functions(Callback, int (*)(void), Function, Function *, void (*const)(char *, int[2]));
void (*returns_function(int, void (*)(int)))(int);
int (*returns_array(void))[4];
Function declared_by_typedef;
// Enumerations.
typedef enum E Signed;
typedef enum { kRed, kGreen = 7, kBlue } Unsigned;
enum Tag { kTag = 1 << 3 };
enum __attribute__((packed)) Packed { kSmall };
enum E enums(enum E, Signed, Unsigned, enum Tag);
// Typedefs of typedefs, and what does not change a call.
typedef unsigned int Uint;
typedef Uint Crc;
typedef const Crc Constant;
extern Crc typedefs(Crc, Constant, volatile Uint);
void does_not_return(int) __attribute__((noreturn));
__attribute__((visibility("default"), pure, deprecated)) int attributes(int);
TAKES(by_macro, int, double);
static int helper(int x) { return x; }
)x";

std::vector<std::string> EveryTypeWith(const std::string& is_long, const std::string& is_char,
                                       const std::string& is_enum) {
  std::vector<std::string> lines = {
      "nothing void()",
      "chars void(CHAR,i8,u8,CHAR)",
      "shorts void(i16,u16)",
      "ints i32(i32,u32,i32)",
      "longs iLONG(iLONG,uLONG)",
      "long_longs i64(i64,u64)",
      "bools bool(bool)",
      "floats f32(f32)",
      "doubles f64(f64,f64)",
      "sizes usize(usize,usize,isize,isize,isize,usize)",
      "fixed i64(i64,u32)",
      "pointers pointer(pointer,pointer,pointer,pointer,pointer,pointer)",
      "arrays void(pointer,pointer,pointer,pointer,pointer,pointer)",
      "functions void(function,function,function,function,function)",
      "returns_function function(i32,function)",
      "returns_array pointer()",
      "declared_by_typedef i32(i32)",
      "enums i32(i32,i32,ENUM,ENUM)",
      "typedefs u32(u32,u32,u32)",
      "does_not_return void(i32)",
      "attributes i32(i32)",
      "by_macro void(i32,f64)",
  };
  for (std::string& line : lines) {
    line = absl::StrReplaceAll(line, {{"LONG", is_long}, {"CHAR", is_char}, {"ENUM", is_enum}});
  }
  return lines;
}

struct System {
  const char* triple;
  const char* targets;
  const char* bits_of_long;
  const char* is_char;
  const char* is_enum;
};

const System kSystems[] = {
    {kLinux, "x86_64-sysv", "64", "i8", "u32"},
    {kA64Linux, "aarch64-linux", "64", "u8", "u32"},
    {kApple, "aarch64-apple", "64", "i8", "u32"},
    {kMsvc, "x86_64-windows,aarch64-windows", "32", "i8", "i32"},
    {kA64Msvc, "x86_64-windows,aarch64-windows", "32", "i8", "i32"},
    {kMingw, "x86_64-windows,aarch64-windows", "32", "i8", "u32"},
};

TEST_F(HeaderManifestTest, EveryTypeIsWhatTheSystemHas) {
  for (const System& system : kSystems) {
    SCOPED_TRACE(system.triple);
    const absl::StatusOr<Manifest> manifest = ReadDump(DumpText(kEveryType, system.triple));
    ASSERT_TRUE(manifest.ok()) << manifest.status();
    std::vector<std::string> symbols;
    for (const std::string& line : Lines(*manifest)) {
      // "/folder/h.h:9 f u8(i8) v8-10 x86_64-sysv".
      absl::string_view text = line;
      EXPECT_TRUE(absl::ConsumeSuffix(&text, absl::StrCat(" v8-10 ", system.targets))) << line;
      EXPECT_TRUE(absl::ConsumePrefix(&text, folder_.File("h.h") + ":")) << line;
      symbols.emplace_back(text.substr(text.find(' ') + 1));
    }
    EXPECT_THAT(symbols, ElementsAreArray(
                             EveryTypeWith(system.bits_of_long, system.is_char, system.is_enum)));
    EXPECT_THAT(manifest->left_out, ElementsAre(HasSubstr(": helper: is static")));
  }
}

TEST_F(HeaderManifestTest, EnumerationsHaveTheSizeOfTheirConstants) {
  constexpr char kText[] = R"x(
enum Small { kA, kB = 255 };
enum __attribute__((packed)) Byte { kC, kD = 255 };
enum __attribute__((packed)) SignedByte { kE = -128, kF = 127 };
enum __attribute__((packed)) Word { kG = 256 };
enum Large { kH = 1LL << 40, kI };
enum LargeSigned { kJ = 1LL << 40, kK = -1 };
enum Greatest { kL = 0xFFFFFFFF };
enum Most { kM = 0xFFFFFFFFFFFFFFFF };
enum Next { kN = 0xFFFFFFFF, kO };
enum Least { kP = -2147483647 - 1, kQ = 2147483647 };
void f(enum Small, enum Byte, enum SignedByte, enum Word, enum Large, enum LargeSigned,
       enum Greatest, enum Most, enum Next, enum Least);
)x";
  for (const char* const triple : {kLinux, kA64Linux, kApple}) {
    EXPECT_THAT(Symbols(kText, triple),
                ElementsAre("f void(u32,u8,i8,u16,u64,i64,u32,u64,u64,i32)"))
        << triple;
  }
}

TEST_F(HeaderManifestTest, WhatHasNoTrampolineIsLeftOutWithTheReason) {
  EXPECT_THAT(
      LeftOut(R"x(
typedef float Vector __attribute__((vector_size(16)));
typedef struct { int quot; } Div;
struct S { int x; };
union U { int x; };
static int is_static(int x) { return x; }
static inline int is_static_inline(int x) { return x; }
inline int is_inline(int x) { return x; }
int variadic(int, ...);
int no_prototype();
int (*no_prototype_either())(int);
long double long_double(void);
void takes_long_double(int, long double);
struct S returns_struct(void);
void takes_struct(struct S);
void takes_union(union U);
Div returns_typedef(int, int);
void vector(Vector);
_Complex double complex(void);
__int128 int128(void);
_Atomic(int) atomic(void);
int renamed(int) __asm__("other_name");
__attribute__((ms_abi)) int convention(int);
__attribute__((returns_twice)) int twice(void);
int sized(void *const p __attribute__((pass_object_size(0))));
void takes_va_list(__builtin_va_list);
int overloaded(int) __attribute__((overloadable));
)x",
              kLinux),
      ElementsAre(
          "6: is_static: is static", "7: is_static_inline: is static", "8: is_inline: is inline",
          "9: variadic: takes a variable number of arguments",
          "10: no_prototype: has no prototype: f(void) takes nothing",
          "11: no_prototype_either: has no prototype: f(void) takes nothing",
          "12: long_double: returns long double", "13: takes_long_double: takes long double",
          "14: returns_struct: returns struct S by value",
          "15: takes_struct: takes struct S by value", "16: takes_union: takes union U by value",
          "17: returns_typedef: returns struct Div by value",
          StartsWith("18: vector: takes __attribute__((__vector_size__("),
          "19: complex: returns _Complex double", "20: int128: returns __int128",
          "21: atomic: returns _Atomic(int)", "22: renamed: linkers know it as other_name",
          "23: convention: has the attribute ms_abi", "24: twice: has clang's ReturnsTwiceAttr",
          StartsWith("25: sized: "), "26: takes_va_list: takes va_list",
          StartsWith("27: overloaded: linkers know it as _Z")));
}

TEST_F(HeaderManifestTest, RepeatedDeclarationsAreOneFunction) {
  EXPECT_THAT(Symbols(R"x(
double pow(double, double);
int f();
int f(int);
extern int g(int);
inline int g(int x) { return x; }
double pow(double, double);
)x",
                      kLinux),
              ElementsAre("pow f64(f64,f64)", "f i32(i32)", "g i32(i32)"));
}

TEST_F(HeaderManifestTest, WhatIsIncludedIsTakenWhenAskedFor) {
  ASSERT_TRUE(WriteFile(folder_.File("inner.h"), "typedef long Word;\nint inner(Word);\n"));
  const std::string dump =
      DumpText("#include \"inner.h\"\n\nint outer(Word);\n", kLinux, {"-I" + folder_.File("")});
  const absl::StatusOr<Manifest> own = ReadDump(dump);
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_THAT(Lines(*own),
              ElementsAre(folder_.File("h.h") + ":3 outer i32(i64) v8-10 x86_64-sysv"));
  const absl::StatusOr<Manifest> all = ReadDump(dump, /*has_included=*/true);
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_THAT(Lines(*all), ElementsAre(HasSubstr("inner.h:2 inner i32(i64) v8-10 x86_64-sysv"),
                                       HasSubstr("h.h:3 outer i32(i64) v8-10 x86_64-sysv")));
  EXPECT_THAT(ErrorText(ReadDump(DumpText("#include \"inner.h\"\n", kLinux)).status()),
              AllOf(StartsWith("WRONG_DUMP at h.ast.json: the header has no functions of its own"),
                    HasSubstr("1 in what it includes: --manifest-included takes those")));
}

TEST_F(HeaderManifestTest, WindowsKnowsItsConventions) {
  constexpr char kText[] = R"x(
int __cdecl in_cdecl(int);
__declspec(dllimport) void imported(long);
int __vectorcall in_vectorcall(float);
int __stdcall in_stdcall(int);
)x";
  EXPECT_THAT(Lines(*ReadDump(DumpText(kText, kMsvc))),
              ElementsAre(HasSubstr(" in_cdecl i32(i32) "), HasSubstr(" imported void(i32) ")));
  EXPECT_THAT(LeftOut(kText, kMsvc),
              ElementsAre(StartsWith("4: in_vectorcall: linkers know it as in_vectorcall@@"),
                          "5: in_stdcall: has the attribute stdcall"));
}

TEST_F(HeaderManifestTest, SystemsThatAreNoTargetAreRefused) {
  constexpr char kText[] = "typedef __SIZE_TYPE__ size_t;\nint f(size_t);\n";
  for (const char* const triple : {"i686-linux-gnu", "x86_64-apple-macos", "riscv64-linux-gnu",
                                   "powerpc64le-linux-gnu", "x86_64-linux-gnux32"}) {
    EXPECT_THAT(ErrorText(ReadDump(DumpText(kText, triple)).status()),
                StartsWith("WRONG_DUMP at h.ast.json: it is for a system that is no target"))
        << triple;
  }
  EXPECT_THAT(
      ErrorText(ReadDump(DumpText("extern \"C\" int f(int);\nclass C {};\n", kLinux, {"-xc++"}))
                    .status()),
      StartsWith("WRONG_DUMP at h.ast.json: it is one of C++"));
}

TEST_F(HeaderManifestTest, FunctionsInWhichClangFoundAnErrorAreLeftOut) {
  ASSERT_TRUE(
      WriteFile(folder_.File("h.h"), "int good(int);\nUnknown bad(int);\nint bad2(Bad);\n"));
  const ProcessResult clang = RunClang(folder_.File("h.h"), kLinux, {});
  ASSERT_NE(clang.exit_code, 0);
  const absl::StatusOr<Manifest> manifest = ReadDump(clang.out);
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_THAT(Lines(*manifest), ElementsAre(HasSubstr(" good i32(i32) ")));
  EXPECT_THAT(manifest->left_out,
              ElementsAre(HasSubstr("h.h:2: bad: clang found an error in it"),
                          HasSubstr("h.h:3: bad2: clang found an error in it")));
}

TEST(SystemHeaderTest, ZlibIsWhole) {
  const absl::StatusOr<Manifest> manifest = ReadDump(Dump("/usr/include/zlib.h", kLinux));
  ASSERT_TRUE(manifest.ok()) << manifest.status()
                             << "\nwhat is missing: apt-get install zlib1g-dev";
  EXPECT_GE(manifest->symbols.size(), 75u);
  const std::vector<std::string> lines = Lines(*manifest);
  for (const char* const symbol :
       {" crc32 u64(u64,pointer,u32) v8-10 x86_64-sysv",
        " compress2 i32(pointer,pointer,pointer,u64,i32) v8-10 x86_64-sysv",
        " gzopen pointer(pointer,pointer) v8-10 x86_64-sysv",
        " gzfread usize(pointer,usize,usize,pointer) v8-10 x86_64-sysv",
        " inflateBack i32(pointer,function,pointer,function,pointer) v8-10 x86_64-sysv",
        " zlibVersion pointer() v8-10 x86_64-sysv"}) {
    EXPECT_THAT(lines, Contains(AllOf(StartsWith("/usr/include/zlib.h:"), HasSubstr(symbol))));
  }
  EXPECT_THAT(manifest->left_out,
              ElementsAre(AllOf(StartsWith("/usr/include/zlib.h:"),
                                HasSubstr(": gzprintf: takes a variable number of arguments")),
                          HasSubstr(": gzvprintf: takes va_list")));
}

TEST(SystemHeaderTest, MathIsWholeButForLongDouble) {
  const std::string dump = Dump("/usr/include/math.h", kLinux);
  const absl::StatusOr<Manifest> manifest = ReadDump(dump, /*has_included=*/true);
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  const std::vector<std::string> lines = Lines(*manifest);
  for (const char* const symbol :
       {" pow f64(f64,f64) ", " powf f32(f32,f32) ", " frexp f64(f64,pointer) ",
        " ldexp f64(f64,i32) ", " lround i64(f64) ", " llround i64(f64) ", " nan f64(pointer) "}) {
    EXPECT_THAT(lines, Contains(HasSubstr(symbol)));
  }
  EXPECT_THAT(manifest->left_out, Contains(HasSubstr(": powl: returns long double")));
  EXPECT_THAT(manifest->left_out, Contains(HasSubstr(": lroundl: takes long double")));
  EXPECT_THAT(manifest->left_out, testing::Each(HasSubstr("long double")));
}

// Dumps that clang did not make.

std::string Nested(const std::string& begin, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += begin;
  return text;
}

TEST(HostileDumpTest, WhatIsNoDumpIsRefusedWithTheLine) {
  struct Row {
    std::string text;
    const char* error;  // How it begins.
  };
  const Row rows[] = {
      {"", "WRONG_DUMP at h.ast.json:1: it is not what -ast-dump=json prints: "},
      {"TranslationUnitDecl 0x1234 <<invalid sloc>> <invalid sloc>\n|-TypedefDecl",
       "WRONG_DUMP at h.ast.json:1: it is not what -ast-dump=json prints: "},
      {"{\n\"kind\": \"TranslationUnitDecl\",\n\"inner\": [}",
       "WRONG_DUMP at h.ast.json:3: it is not what -ast-dump=json prints: "},
      {"{\"kind\": \"\xFF\xFE\"}",
       "WRONG_DUMP at h.ast.json:1: it is not what -ast-dump=json prints: "},
      {"{}", "WRONG_DUMP at h.ast.json:1: it has no TranslationUnitDecl"},
      {"[]", "WRONG_DUMP at h.ast.json:1: it has no TranslationUnitDecl"},
      {"null", "WRONG_DUMP at h.ast.json:1: it has no TranslationUnitDecl"},
      {"7", "WRONG_DUMP at h.ast.json:1: it has no TranslationUnitDecl"},
      {"\"f\"", "WRONG_DUMP at h.ast.json:1: it has no TranslationUnitDecl"},
      {"[{\"kind\": \"TranslationUnitDecl\"}]",
       "WRONG_DUMP at h.ast.json:1: it has no TranslationUnitDecl"},
      {"{\"f\": {\"parameters\": [], \"result\": \"u8\"}}",
       "WRONG_DUMP at h.ast.json:1: it has no TranslationUnitDecl"},
      {"{\"kind\": \"TranslationUnitDecl\"}",
       "WRONG_DUMP at h.ast.json: it is for a system that is no target: va_list is unknown"},
      {"{\"kind\": \"TranslationUnitDecl\"}{}",
       "WRONG_DUMP at h.ast.json:1: it is not what -ast-dump=json prints: "},
      {Nested("{\"inner\":", 1000000), "WRONG_DUMP at h.ast.json:1: nested more than 10000 deep"},
      {Nested("[", 1000000), "WRONG_DUMP at h.ast.json:1: nested more than 10000 deep"},
      {Nested("[{\"a\":", 1000000), "WRONG_DUMP at h.ast.json:1: nested more than 10000 deep"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.text.substr(0, 100));
    const absl::Status status = ReadDump(row.text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(ErrorText(status), StartsWith(row.error));
  }
}

TEST_F(HeaderManifestTest, ACutDumpIsRefusedWhereverItIsCut) {
  const std::string dump = DumpText("typedef enum { kA = 3 } E;\nE f(int);\n", kLinux);
  ASSERT_TRUE(ReadDump(dump).ok());
  const size_t end = dump.find_last_of('}');
  for (size_t size = 0; size <= end; size += 1 + size / 64) {
    ASSERT_THAT(ErrorText(ReadDump(dump.substr(0, size)).status()),
                StartsWith("WRONG_DUMP at h.ast.json:"))
        << size;
  }
}

TEST_F(HeaderManifestTest, ADumpAboveTheLimitIsRefused) {
  const std::string dump = DumpText("int f(int);\n", kLinux);
  HeaderOptions options;
  options.max_bytes = dump.size();
  std::istringstream whole(dump);
  EXPECT_TRUE(ReadHeaderManifest(whole, "h.ast.json", options).ok());
  options.max_bytes = dump.size() - 1;
  std::istringstream cut(dump);
  const absl::Status status = ReadHeaderManifest(cut, "h.ast.json", options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ErrorText(status), absl::StrCat("MANIFEST_TOO_LARGE at h.ast.json: a dump has at most ",
                                            dump.size() - 1, " bytes"));
}

TEST_F(HeaderManifestTest, WhatADumpSaysIsCheckedLikeEverythingElse) {
  const std::string dump = DumpText("int f(int);\n", kLinux);
  const auto with = [&](const std::string& from, const std::string& to) {
    EXPECT_TRUE(absl::StrContains(dump, from)) << from << " is not in\n" << dump;
    return ReadDump(absl::StrReplaceAll(dump, {{from, to}}));
  };
  EXPECT_THAT(ErrorText(with("\"f\"", "\"f g\"").status()),
              StartsWith("MALFORMED_MANIFEST at " + folder_.File("h.h") +
                         ":1: name: a name has no spaces"));
  EXPECT_THAT(with("\"int (int)\"", "\"no type\"")->left_out,
              ElementsAre(HasSubstr("f: has the type no type")));
  EXPECT_THAT(with("\"int (int)\"", "\")))((\"")->left_out, ElementsAre(HasSubstr("f: ")));
  EXPECT_THAT(with("\"int (int)\"", "\"(int)\"")->left_out, ElementsAre(HasSubstr("f: ")));
  EXPECT_THAT(with("\"int (int)\"", "\"Undeclared (int)\"")->left_out,
              ElementsAre(HasSubstr("f: returns Undeclared")));
  EXPECT_THAT(with("\"qualType\": \"int\"", "\"qualType\": \"void\"")->left_out,
              ElementsAre(HasSubstr("f: ")));
  EXPECT_THAT(with("\"qualType\": \"int\"", "\"qualType\": \"\\u0007\"")->left_out,
              ElementsAre(HasSubstr("f: takes \\x07")));
  // Typedefs that go in a circle.
  EXPECT_THAT(with("\"qualType\": \"int\"", "\"qualType\": \"__int128_t\"")->left_out,
              ElementsAre(HasSubstr("f: takes ")));
  EXPECT_THAT(with("\"__int128\"", "\"__int128_t\"")->left_out, IsEmpty());
}

TEST_F(HeaderManifestTest, TooManyParametersAreLeftOut) {
  std::string text = "void f(int";
  for (int i = 0; i < 256; ++i) text += ", int";
  EXPECT_THAT(LeftOut(text + ");\n", kLinux),
              ElementsAre(AllOf(StartsWith("1: f: "), HasSubstr("256"))));
}

}  // namespace
}  // namespace springboard
