// Manifests as a user gives them to `springboard pack`.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/host_target.h"
#include "client/pack/pack.h"
#include "compiler/compile.h"
#include "compiler/signature.h"
#include "compiler/target.h"
#include "tests/support/files.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

class ManifestTest : public testing::Test {
 protected:
  // A file of the test's folder.
  std::string Write(const std::string& name, const std::string& text) {
    EXPECT_TRUE(WriteFile(folder_.File(name), text));
    return folder_.File(name);
  }

  ProcessResult RunPack(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"client/cli/springboard", "pack", "--output=" + pack()});
    return RunProgram(arguments);
  }

  std::string pack() const { return folder_.File("out.pack"); }

  // Whether the pack that was written has a trampoline.
  bool Has(const std::string& signature, Target target) const {
    const absl::StatusOr<Pack> opened = Pack::Open(pack());
    EXPECT_TRUE(opened.ok()) << opened.status();
    if (!opened.ok()) return false;
    const CompileRequest request = {*Signature::Parse(signature), target};
    const absl::StatusOr<Trampoline> found = opened->Find(request);
    return found.ok() && *found == *Compile(request);
  }

 private:
  TemporaryFolder folder_;
};

constexpr char kStubs[] = R"x(target: ["x86_64-sysv", "aarch64-linux"]
symbol { name: "pow" signature: "f64(f64,f64)" }
symbol { name: "atan2" signature: "f64(f64,f64)" }
symbol { name: "crc32" signature: "u64(u64,buffer,u32)" }
symbol { name: "crc32" signature: "u32(u32,buffer,u32)" target: "x86_64-windows" }
)x";

TEST_F(ManifestTest, APackHasEachSignatureOnceForTheTargetsOfTheFile) {
  const ProcessResult result = RunPack({"--manifest=" + Write("stubs.textproto", kStubs)});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr(": 5 trampolines"));
  EXPECT_THAT(result.err, Not(HasSubstr("left out")));
  for (const Target target : {Target::kX64SystemV, Target::kA64Linux}) {
    EXPECT_TRUE(Has("f64(f64,f64)", target));
    EXPECT_TRUE(Has("u64(u64,buffer,u32)", target));
    EXPECT_FALSE(Has("u32(u32,buffer,u32)", target));
  }
  EXPECT_TRUE(Has("u32(u32,buffer,u32)", Target::kX64Windows));
}

TEST_F(ManifestTest, TargetsThatAreAskedForChooseAmongThoseOfTheFile) {
  const std::string file = Write("stubs.textproto", kStubs);
  const ProcessResult result =
      RunPack({"--manifest=" + file, "--target=x86_64-windows,aarch64-linux"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr(": 3 trampolines"));
  EXPECT_TRUE(Has("u32(u32,buffer,u32)", Target::kX64Windows));
  EXPECT_FALSE(Has("f64(f64,f64)", Target::kX64Windows));
  EXPECT_TRUE(Has("f64(f64,f64)", Target::kA64Linux));
}

TEST_F(ManifestTest, SeveralManifestsOfAnyFormatAreOne) {
  const std::string text = Write("a.txtpb", R"x(symbol { name: "f" signature: "u8(u8)" })x");
  const std::string table = Write("b.json", R"x({"f": {"parameters": ["u8"], "result": "u8"},
      "g": {"parameters": ["u8", "buffer"], "result": "u8"}})x");
  const ProcessResult result = RunPack({"--manifest=" + text, "--manifest=" + table});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr(": 2 trampolines"));
  ASSERT_TRUE(HostTarget().has_value());
  EXPECT_TRUE(Has("u8(u8)", *HostTarget()));
  EXPECT_TRUE(Has("u8(u8,buffer)", *HostTarget()));

  const std::string other = Write("c.textproto", R"x(symbol { name: "g" signature: "u8(u8)" })x");
  const ProcessResult both = RunPack({"--manifest=" + table, "--manifest=" + other});
  EXPECT_EQ(both.exit_code, 1);
  EXPECT_THAT(both.err, AllOf(HasSubstr("DUPLICATE_SYMBOL at "), HasSubstr("c.textproto:1: g: "),
                              HasSubstr("got u8(u8) of v8-10, and u8(u8,buffer) of v8-10 at "),
                              HasSubstr("b.json:2")));
}

TEST_F(ManifestTest, TheOrderOfAManifestDoesNotMatter) {
  const std::string forth = Write("forth.textproto", kStubs);
  const std::string back = Write("back.textproto", R"x(
symbol { name: "crc32" signature: "u32(u32,buffer,u32)" target: "x86_64-windows" }
symbol { name: "crc32" signature: "u64(u64,buffer,u32)" }
symbol { name: "atan2" signature: "f64(f64,f64)" }
symbol { name: "pow" signature: "f64(f64,f64)" }
target: ["aarch64-linux", "x86_64-sysv"]
)x");
  ASSERT_EQ(RunPack({"--manifest=" + forth}).exit_code, 0);
  const std::string first = ReadFile(pack());
  ASSERT_EQ(RunPack({"--manifest=" + back}).exit_code, 0);
  EXPECT_FALSE(first.empty());
  EXPECT_EQ(first, ReadFile(pack())) << "the packs of the same symbols differ";
}

TEST_F(ManifestTest, WhatIsLeftOutIsAWarningOrWithStrictAnError) {
  const std::string file = Write("t.json", R"x({
    "f": {"parameters": ["u8"], "result": "u8"},
    "sleep": {"parameters": ["u32"], "result": "u32", "nonblocking": true}})x");
  const ProcessResult strict = RunPack({"--manifest=" + file, "--strict"});
  EXPECT_EQ(strict.exit_code, 1);
  EXPECT_THAT(
      strict.err,
      AllOf(HasSubstr("t.json:3: symbols.sleep.nonblocking: such a function has no fast call"),
            HasSubstr("--strict: 1 function is left out")));
  EXPECT_FALSE(std::filesystem::exists(pack()));
  const ProcessResult result = RunPack({"--manifest=" + file});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("springboard pack: left out: "));
  EXPECT_THAT(result.err,
              HasSubstr("t.json:3: symbols.sleep.nonblocking: such a function has no fast call"));
  EXPECT_THAT(result.out, HasSubstr(": 1 trampoline in"));
}

TEST_F(ManifestTest, TheFormatMayBeSaid) {
  const std::string file = Write("stubs", R"x({"f": {"parameters": [], "result": "u8"}})x");
  const ProcessResult result = RunPack({"--manifest=" + file, "--manifest-format=json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(RunPack({"--manifest=" + file, "--manifest-format=text"}).err,
              HasSubstr("MALFORMED_MANIFEST at "));
}

TEST_F(ManifestTest, AHeaderIsReadAsClangPrintsItForEachSystem) {
  const std::string header = Write("calls.h", "long labs(long);\nint printf(const char *, ...);\n");
  const auto dump = [&](const std::string& triple) {
    const ProcessResult clang = RunProgram({"/usr/bin/clang-14", "--target=" + triple, "-Xclang",
                                            "-ast-dump=json", "-fsyntax-only", header});
    EXPECT_EQ(clang.exit_code, 0) << clang.err;
    return "--manifest=" + Write(triple + ".ast.json", clang.out);
  };
  const std::string on_linux = dump("x86_64-linux-gnu");
  const ProcessResult result =
      RunPack({on_linux, dump("arm64-apple-macos"), dump("x86_64-pc-windows-msvc")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr(": 4 trampolines"));
  for (const Target target : {Target::kX64SystemV, Target::kA64Apple}) {
    EXPECT_TRUE(Has("i64(i64)", target));
  }
  for (const Target target : {Target::kX64Windows, Target::kA64Windows}) {
    EXPECT_TRUE(Has("i32(i32)", target));
  }
  EXPECT_THAT(result.err, HasSubstr("left out: " + header +
                                    ":2: printf: takes a variable number of arguments"));

  const ProcessResult other = RunPack({on_linux, "--target=x86_64-sysv,aarch64-linux"});
  EXPECT_EQ(other.exit_code, 0) << other.err;
  EXPECT_THAT(other.err,
              HasSubstr("nothing is made: aarch64-linux: none of the 1 function is for it"));
  EXPECT_EQ(RunPack({on_linux, "--target=x86_64-sysv,aarch64-linux", "--strict"}).exit_code, 1);

  EXPECT_THAT(RunPack({"--manifest=" + header}).err,
              HasSubstr("clang -Xclang -ast-dump=json -fsyntax-only " + header + " > "));
}

TEST_F(ManifestTest, WhatAHeaderIncludesIsTakenWithAFlag) {
  Write("inner.h", "int inner(int);\n");
  const std::string header = Write("all.h", "#include \"inner.h\"\n");
  const ProcessResult clang = RunProgram({"/usr/bin/clang-14", "--target=x86_64-linux-gnu",
                                          "-Xclang", "-ast-dump=json", "-fsyntax-only", header});
  const std::string manifest = "--manifest=" + Write("dump", clang.out);
  const ProcessResult own = RunPack({manifest, "--manifest-format=clang"});
  EXPECT_EQ(own.exit_code, 1);
  EXPECT_THAT(own.err, HasSubstr("1 in what it includes: --manifest-included takes those"));
  const ProcessResult all = RunPack({manifest, "--manifest-format=clang", "--manifest-included"});
  EXPECT_EQ(all.exit_code, 0) << all.err;
  EXPECT_TRUE(Has("i32(i32)", Target::kX64SystemV));
}

struct WrongCommand {
  std::vector<std::string> arguments;
  int exit_code;
  std::string error;  // A part of it.
};

TEST_F(ManifestTest, WhatIsWrongIsSaidAndNothingIsWritten) {
  const std::string good = Write("good.textproto", kStubs);
  const std::string bad =
      Write("bad.textproto", "\nsymbol {\n name: \"f\"\n signature: \"u8(int)\" }");
  const std::string folder = std::filesystem::path(good).parent_path();
  const WrongCommand rows[] = {
      {{"--manifest=" + bad},
       1,
       absl::StrCat("UNKNOWN_TYPE at ", bad, ":4: symbol[0].signature.parameters[0]: a type is")},
      {{"--manifest=" + good, "--target=vax"}, 1, "UNKNOWN_TARGET at target: "},
      {{"--manifest=" + good + ".textproto"},
       1,
       "cannot read " + good + ".textproto: No such file or directory"},
      {{"--manifest=" + folder, "--manifest-format=text"},
       1,
       "cannot read " + folder + ": Is a directory"},
      {{"--manifest=" + folder + "/stubs.yaml"},
       1,
       "MALFORMED_MANIFEST at " + folder +
           "/stubs.yaml: a manifest's name ends with one of .textproto"},
      {{"--manifest=" + good, "--manifest-format=yaml"}, 2, "--manifest-format"},
      {{"--manifest=" + good, "--profile=v8-10"}, 2, "--manifest excludes --profile"},
      {{"--manifest=" + good, "-"}, 2, "--manifest excludes file"},
      {{"--strict", "-"}, 2, "--strict requires --manifest"},
      {{}, 2, "a FILE or --manifest is required"},
  };
  for (const WrongCommand& row : rows) {
    const ProcessResult result = RunPack(row.arguments);
    EXPECT_EQ(result.exit_code, row.exit_code) << result.err;
    EXPECT_THAT(result.err, HasSubstr(row.error));
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_FALSE(std::filesystem::exists(pack()));
  }
}

}  // namespace
}  // namespace springboard
