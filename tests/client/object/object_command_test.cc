// springboard object: the same bytes for the same manifest, and nothing half-written.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/testing/local_server.h"
#include "compiler/target.h"
#include "tests/support/files.h"
#include "tests/support/signature_generator.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kPow[] = "symbol { name: \"pow\" signature: \"f64(f64,f64)\" }\n";

class ObjectCommandTest : public testing::Test {
 protected:
  std::string File(const std::string& name) const { return folder_.File(name); }

  std::string Manifest(const std::string& text) {
    const std::string file = File("stubs.textproto");
    EXPECT_TRUE(WriteFile(file, text));
    return "--manifest=" + file;
  }

  static ProcessResult Object(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"client/cli/springboard", "object"});
    return RunProgram(arguments);
  }

  std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(File(""))) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  const TemporaryFolder folder_;
};

TEST_F(ObjectCommandTest, GivesTheSameBytesHoweverItIsAsked) {
  std::vector<std::string> symbols;
  SignatureGenerator generator(/*seed=*/6);
  for (int i = 0; i < 300; ++i) {
    symbols.push_back(absl::StrCat("symbol { name: \"f", i, "\" signature: \"",
                                   generator.Next().ToString(), "\" }\n"));
  }
  std::vector<std::string> reversed(symbols.rbegin(), symbols.rend());
  const absl::StatusOr<LocalServer> server = LocalServer::Start();
  ASSERT_TRUE(server.ok()) << server.status();
  for (const TargetInfo& target : AllTargets()) {
    for (const std::string& kind : std::vector<std::string>{"", "--archive", "--landing-pads"}) {
      SCOPED_TRACE(absl::StrCat(target.name, " ", kind));
      std::vector<std::string> outputs;
      for (const std::vector<std::string>& order : {symbols, reversed}) {
        for (const std::string& address : {std::string(), server->address()}) {
          std::vector<std::string> arguments = {
              Manifest(absl::StrJoin(order, "")), absl::StrCat("--target=", target.name),
              "--output=" + File("stubs.o"), "--header=" + File("stubs.h")};
          if (!kind.empty()) arguments.push_back(kind);
          if (!address.empty()) arguments.push_back("--server=" + address);
          const ProcessResult made = Object(arguments);
          ASSERT_EQ(made.exit_code, 0) << made.err;
          EXPECT_EQ(made.out, File("stubs.o") + ": 300 functions\n");
          outputs.push_back(ReadFile(File("stubs.o")) + ReadFile(File("stubs.h")));
        }
      }
      EXPECT_GT(outputs[0].size(), 300 * 100);
      EXPECT_EQ(std::count(outputs.begin(), outputs.end(), outputs[0]), 4);
      const ProcessResult read = RunProgram({"/usr/bin/llvm-readobj-14", "--all", File("stubs.o")});
      EXPECT_EQ(read.exit_code, 0);
      EXPECT_EQ(read.err, "");
    }
  }
}

TEST_F(ObjectCommandTest, NamesFollowThePattern) {
  const ProcessResult made =
      Object({Manifest(kPow), "--target=x86_64-sysv", "--symbol-pattern=fast_{name}_v1",
              "--archive", "--output=" + File("libstubs.a"), "--header=" + File("stubs.h")});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_THAT(ReadFile(File("stubs.h")),
              HasSubstr("double fast_pow_v1(void *receiver, double a0, double a1);"));
  const ProcessResult index =
      RunProgram({"/usr/bin/llvm-nm-14", "--print-armap", File("libstubs.a")});
  EXPECT_THAT(index.out, HasSubstr("fast_pow_v1 in fast_pow_v1.o"));
}

// An archive's index leads the linkers of each format to the one member that is wanted.
TEST_F(ObjectCommandTest, ArchivesAreTakenByTheirLinkers) {
  const std::string manifest = Manifest(
      "symbol { name: \"twice\" signature: \"u32(u32)\" }\n"
      "symbol { name: \"missing\" signature: \"u32(u32)\" }\n");
  ASSERT_TRUE(WriteFile(File("main.c"), R"C(
unsigned __springboard_twice(void *, unsigned);
unsigned twice(unsigned value) { return 2 * value; }
int main(void) { return (int)__springboard_twice(0, 0); }
)C"));
  struct Linker {
    std::string target;
    std::string triple;
    std::vector<std::string> command;
  };
  for (const Linker& linker : std::vector<Linker>{
           {"x86_64-sysv", "x86_64-linux-gnu", {"/usr/bin/ld.lld-14", "-e", "main", "-o", "@"}},
           {"aarch64-linux", "aarch64-linux-gnu", {"/usr/bin/ld.lld-14", "-e", "main", "-o", "@"}},
           {"x86_64-windows",
            "x86_64-windows-msvc",
            {"/usr/bin/lld-link-14", "/entry:main", "/subsystem:console", "/nodefaultlib",
             "/debug:symtab", "/out:@"}},
           {"aarch64-windows",
            "aarch64-windows-msvc",
            {"/usr/bin/lld-link-14", "/entry:main", "/subsystem:console", "/nodefaultlib",
             "/debug:symtab", "/out:@"}},
           {"aarch64-apple",
            "arm64-apple-macos11",
            {"/usr/bin/ld64.lld-14", "-arch", "arm64", "-platform_version", "macos", "11.0", "11.0",
             "-dylib", "-o", "@"}},
       }) {
    SCOPED_TRACE(linker.target);
    const ProcessResult made = Object(
        {manifest, "--target=" + linker.target, "--archive", "--output=" + File("libstubs.a")});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    const ProcessResult compiled = RunProgram({"/usr/bin/clang-14", "--target=" + linker.triple,
                                               "-c", File("main.c"), "-o", File("main.o")});
    ASSERT_EQ(compiled.exit_code, 0) << compiled.err;
    std::vector<std::string> command = linker.command;
    for (std::string& word : command) {
      if (word.back() == '@') word = word.substr(0, word.size() - 1) + File("program");
    }
    command.insert(command.end(), {File("main.o"), File("libstubs.a")});
    const ProcessResult linked = RunProgram(command);
    EXPECT_EQ(linked.exit_code, 0) << linked.out << linked.err;
    const ProcessResult symbols = RunProgram({"/usr/bin/llvm-nm-14", File("program")});
    EXPECT_THAT(symbols.out, ContainsRegex("[Tt] _?__springboard_twice\n"));
  }
}

TEST_F(ObjectCommandTest, TheTargetMayBeTheManifests) {
  ASSERT_EQ(Object({Manifest(absl::StrCat("target: \"aarch64-linux\"\n", kPow)),
                    "--output=" + File("stubs.o")})
                .exit_code,
            0);
  EXPECT_THAT(RunProgram({"/usr/bin/llvm-readelf-14", "-h", File("stubs.o")}).out,
              ContainsRegex("Machine: +AArch64"));
  const ProcessResult two =
      Object({Manifest(absl::StrCat("target: \"aarch64-linux\" target: \"x86_64-sysv\"\n", kPow)),
              "--output=" + File("stubs.o")});
  EXPECT_EQ(two.exit_code, 1);
  EXPECT_THAT(two.err, HasSubstr("an object is for one target, and the manifest names 2"));
}

TEST_F(ObjectCommandTest, WithoutFunctionsForTheTargetItIsEmpty) {
  const ProcessResult made = Object(
      {Manifest("symbol { name: \"f\" signature: \"void()\" target: \"x86_64-windows\" }\n"),
       "--target=x86_64-sysv", "--output=" + File("stubs.o"), "--header=" + File("stubs.h")});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_EQ(made.out, File("stubs.o") + ": 0 functions\n");
  EXPECT_EQ(made.err,
            "springboard object: nothing is made: x86_64-sysv: none of the 1 function is for it\n");
  EXPECT_EQ(RunProgram({"/usr/bin/llvm-readobj-14", "--all", File("stubs.o")}).err, "");
}

struct BadUse {
  std::vector<std::string> arguments;  // Behind the manifest and the output.
  std::string manifest;
  std::string message;
  int exit_code = 1;
};

TEST_F(ObjectCommandTest, WhatIsWrongIsNamedAndNothingIsWritten) {
  const std::string header = "--header=" + File("stubs.h");
  for (const BadUse& bad : std::vector<BadUse>{
           {{}, "symbol { name: \"f\" signature: \"u9()\" }", "stubs.textproto:1"},
           {{"--target=z80"}, kPow, "UNKNOWN_TARGET"},
           {{"--symbol-pattern=pow"}, kPow, "a pattern has {name} once"},
           {{"--symbol-pattern={name}"}, kPow, "its trampoline would be called pow"},
           {{header},
            "\n\nsymbol { name: \"a.b\" signature: \"void()\" }",
            "NOT_AN_IDENTIFIER at " + File("stubs.textproto") + ":3"},
           {{header, "--symbol-pattern=i{name}"},
            "symbol { name: \"nt\" signature: \"void()\" }",
            "no keyword of C or C++; got int, of nt"},
           {{"--header=" + File("./stubs.o")}, kPow, "is more than one of --manifest, --output", 2},
           {{"--header=" + File("stubs.textproto")}, kPow, "is more than one of --manifest", 2},
           {{"--strict", "--target=aarch64-linux"},
            "symbol { name: \"f\" signature: \"void()\" target: \"x86_64-windows\" }",
            "--strict: aarch64-linux: none of the 1 function is for it"},
           {{"--strict"}, "", ": there is no function"},
           {{"--header=/no/such/folder/stubs.h"}, kPow, "FILE_REFUSED at output: cannot make"},
           {{"--server=unix:/no/such/socket", "--deadline-ms=100"}, kPow, "UNAVAILABLE"},
           {{"--no-such-flag"}, kPow, "--no-such-flag", 2},
       }) {
    std::vector<std::string> arguments = {Manifest(bad.manifest), "--output=" + File("stubs.o")};
    arguments.insert(arguments.end(), bad.arguments.begin(), bad.arguments.end());
    const ProcessResult result = Object(arguments);
    EXPECT_EQ(result.exit_code, bad.exit_code) << bad.message;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr(bad.message));
    EXPECT_THAT(Files(), ElementsAre("stubs.textproto")) << bad.message;
  }
  EXPECT_EQ(Object({"--output=" + File("stubs.o")}).exit_code, 2) << "without a manifest";
  EXPECT_EQ(Object({Manifest(kPow)}).exit_code, 2) << "without an output";
}

// As a full disk: the archive does not fit, and the header, which would, is not replaced either.
TEST_F(ObjectCommandTest, WhatCannotBeWrittenWholeIsLeftAsItWas) {
  std::string many;
  for (int i = 0; i < 2000; ++i) {
    absl::StrAppend(&many, "symbol { name: \"f", i, "\" signature: \"void()\" }\n");
  }
  ASSERT_TRUE(WriteFile(File("stubs.o"), "an archive"));
  ASSERT_TRUE(WriteFile(File("stubs.h"), "a header"));
  const ProcessResult result = RunProgram(
      {"/bin/bash", "-c",
       absl::StrCat("trap '' XFSZ; ulimit -f 1500; exec client/cli/springboard object ",
                    Manifest(many), " --archive --target=x86_64-sysv --output=", File("stubs.o"),
                    " --header=", File("stubs.h"))});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("FILE_REFUSED at output: cannot write " + File("stubs.o") +
                                    ": File too large"));
  EXPECT_EQ(ReadFile(File("stubs.o")), "an archive");
  EXPECT_EQ(ReadFile(File("stubs.h")), "a header");
  EXPECT_THAT(Files(), ElementsAre("stubs.h", "stubs.o", "stubs.textproto"));
}

}  // namespace
}  // namespace springboard
