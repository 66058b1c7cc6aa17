// The springboard program as a user runs it, in process and through a real server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/pack/pack.h"
#include "client/testing/local_server.h"
#include "compiler/compile.h"
#include "compiler/signature.h"
#include "compiler/target.h"
#include "tests/support/signature_generator.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

constexpr char kCli[] = "client/cli/springboard";

ProcessResult RunCli(std::vector<std::string> arguments, const std::string& input = "") {
  arguments.insert(arguments.begin(), kCli);
  return RunProgram(arguments, input);
}

std::vector<std::string> Call(const std::string& library, const std::string& symbol,
                              const std::string& signature,
                              const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {"call", "--library=" + library, "--symbol=" + symbol,
                                      "--signature=" + signature, "--"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

// Every command runs in process and through a server.
class CliTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (!GetParam()) return;
    absl::StatusOr<LocalServer> server = LocalServer::Start();
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = std::make_unique<LocalServer>(*std::move(server));
  }

  ProcessResult RunSomewhere(std::vector<std::string> arguments, const std::string& input = "") {
    if (server_ != nullptr) {
      arguments.insert(arguments.begin() + 1, "--server=" + server_->address());
    }
    return RunCli(arguments, input);
  }

 private:
  std::unique_ptr<LocalServer> server_;
};

INSTANTIATE_TEST_SUITE_P(Sources, CliTest, testing::Bool(), [](const auto& parameter) {
  return parameter.param ? "Remote" : "InProcess";
});

TEST_P(CliTest, CompilesInEveryFormat) {
  const std::vector<std::string> base = {"compile", "--target=x86_64-sysv",
                                         "--signature=f64(f64,f64)"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), base.begin(), base.end());
    return RunSomewhere(more);
  };
  EXPECT_EQ(with({}).out, "4\t31ff48b80000000000000000ffe0\n");
  EXPECT_EQ(with({"--format=hex", "--callee=0x1122334455667788"}).out,
            "4\t31ff48b88877665544332211ffe0\n");
  EXPECT_EQ(with({"--format=raw"}).out,
            std::string("\x31\xff\x48\xb8\0\0\0\0\0\0\0\0\xff\xe0", 14));
  EXPECT_EQ(with({"--format=asm"}).out,
            "; f64(f64,f64) for x86_64-sysv: 14 bytes, callee's address at 4, tail call\n"
            "   0  31ff                  xor edi, edi\n"
            "   2  48b80000000000000000  movabs rax, 0\n"
            "   c  ffe0                  jmp rax\n");
  const ProcessResult json = with({"--format=json"});
  EXPECT_EQ(json.exit_code, 0) << json.err;
  for (const char* part :
       {"\"code\": \"31ff48b80000000000000000ffe0\"", "\"callee_offset\": 4",
        "\"kind\": \"absolute64\"", "\"is_tail_call\": true", "\"result\": \"Float64\"",
        "\"codegen_version\": ", "\"alignment\": 16", "\"frame_bytes\": 0"}) {
    EXPECT_NE(json.out.find(part), std::string::npos) << part << " is not in\n" << json.out;
  }
}

TEST_P(CliTest, CallsRealFunctions) {
  struct Case {
    std::vector<std::string> command;
    std::string result;
  };
  const std::vector<Case> cases = {
      {Call("libm.so.6", "pow", "f64(f64,f64)", {"2", "10"}), "1024\n"},
      {Call("libm.so.6", "powf", "f32(f32,f32)", {"2", "-1"}), "0.5\n"},
      {Call("libz.so.1", "crc32", "u64(u64,buffer,u32)", {"0", "hello", "5"}), "907060870\n"},
      {Call("libz.so.1", "crc32", "u64(u64,buffer,u32)", {"0", "hex:68656c6c6f", "5"}),
       "907060870\n"},
      {Call("libc.so.6", "strtoull", "u64(buffer,pointer,i32)",
            {"18446744073709551615", "null", "10"}),
       "18446744073709551615\n"},
      {Call("libc.so.6", "htons", "u16(u16)", {"258"}), "513\n"},
      {Call("libc.so.6", "strlen", "usize(buffer)", {"[a,b]"}), "5\n"},
      {Call("libc.so.6", "strlen", "usize(buffer)", {"--"}), "2\n"},
      {Call("libc.so.6", "strlen", "usize(buffer)", {""}), "0\n"},
      {Call("libc.so.6", "labs", "i64(i64)", {"-9000000000"}), "9000000000\n"},
      {Call("libc.so.6", "toupper", "i32(i32)", {"0x61"}), "65\n"},
      {Call("libc.so.6", "srand", "void(u32)", {"1"}), "void\n"},
  };
  for (const Case& row : cases) {
    const ProcessResult result = RunSomewhere(row.command);
    EXPECT_EQ(result.out, row.result) << result.err;
    EXPECT_EQ(result.exit_code, 0);
  }
}

TEST_P(CliTest, ListsTheTargets) {
  const ProcessResult result = RunSomewhere({"targets"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  for (const TargetInfo& row : AllTargets()) {
    EXPECT_NE(result.out.find(std::string(row.name)), std::string::npos) << result.out;
  }
  EXPECT_NE(result.out.find("profiles: v8-10"), std::string::npos);
}

TEST_P(CliTest, ABatchAnswersEveryLineInOrder) {
  const ProcessResult result = RunSomewhere({"compile", "--batch=-", "--callee=0x1"},
                                            "x86_64-sysv\tf64(f64,f64)\n"
                                            "vax\tu8(u8)\n"
                                            "no tab\n"
                                            "\n"
                                            "aarch64-linux\tvoid(void)\r\n"
                                            "aarch64-linux\tvoid()");
  EXPECT_EQ(result.exit_code, 1);
  const std::vector<std::string> lines = absl::StrSplit(result.out, '\n');
  ASSERT_EQ(lines.size(), 7u) << result.out;
  EXPECT_EQ(lines[0], "x86_64-sysv\tf64(f64,f64)\tok\t4\t31ff48b80100000000000000ffe0");
  EXPECT_THAT(lines[1], testing::StartsWith("vax\tu8(u8)\tINVALID_ARGUMENT\tUNKNOWN_TARGET at "));
  EXPECT_THAT(lines[2], testing::StartsWith("no tab\t\tINVALID_ARGUMENT\t"));
  EXPECT_THAT(lines[3], testing::StartsWith("\t\tINVALID_ARGUMENT\t"));
  EXPECT_THAT(lines[4], testing::StartsWith(
                            "aarch64-linux\tvoid(void)\tINVALID_ARGUMENT\tVOID_PARAMETER at "));
  EXPECT_EQ(lines[5], "aarch64-linux\tvoid()\tok\t12\te0031faa5000005800021fd60100000000000000");
  EXPECT_EQ(result.err, "springboard compile: 4 of 6 lines failed\n");
}

TEST_P(CliTest, ABatchIsReadFromAFile) {
  const std::string path = testing::TempDir() + "/batch.txt";
  SignatureGenerator generator(/*seed=*/4);
  std::string input;
  for (int i = 0; i < 12000; ++i) {
    absl::StrAppend(&input, AllTargets()[static_cast<size_t>(i) % 5].name, "\t",
                    generator.Next().ToString(), "\n");
  }
  std::ofstream(path) << input;
  const ProcessResult result = RunSomewhere({"compile", "--batch=" + path});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "") << "progress is for terminals";
  const std::vector<std::string> asked = absl::StrSplit(input, '\n', absl::SkipEmpty());
  const std::vector<std::string> lines = absl::StrSplit(result.out, '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), asked.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    ASSERT_EQ(lines[i].substr(0, asked[i].size() + 4), asked[i] + "\tok\t");
  }
}

struct BadCommand {
  std::vector<std::string> command;
  int exit_code;
  std::string message_part;
};

TEST_P(CliTest, WritesAPackForTargets) {
  const std::string path = testing::TempDir() + "/cli_test.pack";
  const ProcessResult result =
      RunSomewhere({"pack", "--target=x86_64-sysv,aarch64-linux", "--output=" + path, "-"},
                   "# what we call\nf64(f64,f64)\n\ni32(i32)\r\nf64(f64,f64)\n");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, testing::StartsWith(path + ": 4 trampolines in "));
  const absl::StatusOr<Pack> pack = Pack::Open(path);
  ASSERT_TRUE(pack.ok()) << pack.status();
  EXPECT_EQ(pack->size(), 4u);
  const CompileRequest request = {*Signature::Parse("i32(i32)"), Target::kA64Linux};
  EXPECT_EQ(*pack->Find(request), *Compile(request));
  const ProcessResult wrong =
      RunSomewhere({"pack", "--output=" + path, "-"}, "f64(f64)\nf64(f65)\n");
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.err, testing::HasSubstr("UNKNOWN_TYPE at line 2.parameters[0]: "));
  EXPECT_EQ(Pack::Open(path)->size(), 4u) << "the old one stays";
  const ProcessResult nowhere = RunSomewhere({"pack", "--output=/no/such/a.pack", "-"}, "i32()\n");
  EXPECT_EQ(nowhere.exit_code, 1);
  EXPECT_THAT(nowhere.err, testing::HasSubstr("FILE_REFUSED at output: cannot make a file beside"));
  const ProcessResult vax = RunSomewhere({"pack", "--target=vax", "--output=" + path, "-"}, "");
  EXPECT_EQ(vax.exit_code, 1);
  EXPECT_THAT(vax.err, testing::HasSubstr("UNKNOWN_TARGET"));
}

TEST_P(CliTest, BadInputIsNamed) {
  const std::vector<BadCommand> cases = {
      {{"compile", "--signature=f64(f65)"}, 1, "UNKNOWN_TYPE at parameters[0]"},
      {{"compile", "--signature=f64(void)"}, 1, "VOID_PARAMETER at parameters[0]"},
      {{"compile", "--signature=f64"}, 1, "MALFORMED_SIGNATURE"},
      {{"compile", "--signature=f64()", "--target=vax"}, 1, "UNKNOWN_TARGET at target"},
      {{"compile", "--signature=f64()", "--profile=v9"}, 1, "UNKNOWN_PROFILE at caller_profile"},
      {{"compile", "--signature=f64()", "--callee=12"}, 2, "--callee is an address"},
      {{"compile", "--signature=f64()", "--callee=0x1ffffffffffffffff"}, 2, "--callee"},
      {{"compile", "--signature=f64()", "--format=elf"}, 2, "--format"},
      {{"compile", "--signature=f64()", "--format=HEX"}, 2, "got HEX"},
      {{"compile", "--signature="}, 2, "--signature has an empty value"},
      {{"compile", "--signature=f64()", "--callee", ""}, 2, "--callee has an empty value"},
      {{"compile", "--batch=-", "--target=vax"}, 2, "--target excludes --batch"},
      {{"compile", "--batch=-", "--profile=v9"}, 1, "UNKNOWN_PROFILE"},
      {{"compile", "--batch=/"}, 1, "cannot read /"},
      {{"targets", "--", "operand"}, 2, "only call takes arguments"},
      {Call("libm.so.6", "powf", "f32(f32)", {"1e40"}), 1, "a number of up to 3.4e38"},
      {Call("libc.so.6", "labs", "i64(i64)", {"- 5"}), 1, "an integer of 64 bits, signed"},
      {{"compile"}, 2, "either --signature or --batch"},
      {{"compile", "--signature=f64()", "--batch=-"}, 2, "either --signature or --batch"},
      {{"compile", "--batch=/nonexistent/file"}, 1, "cannot read /nonexistent/file"},
      {{"compile", "--signature=f64()", "--deadline-ms=0"}, 1, "DEADLINE_EXCEEDED"},
      {Call("libnone.so", "pow", "f64(f64)", {"1"}), 1, "cannot load the library: libnone.so"},
      {Call("libm.so.6", "powww", "f64(f64)", {"1"}), 1, "no such symbol"},
      {Call("libm.so.6", "pow", "f64(f64,f64)", {"1"}), 1, "takes 2 arguments; got 1"},
      {Call("libm.so.6", "pow", "f64(f64,f64)", {"1", "two"}), 1,
       "argument 1 is f64: a number; got \"two\""},
      {Call("libc.so.6", "htons", "u16(u16)", {"65536"}), 1, "an integer of 16 bits, unsigned"},
      {Call("libc.so.6", "htons", "u16(u16)", {"-1"}), 1, "an integer of 16 bits, unsigned"},
      {Call("libc.so.6", "labs", "i8(i8)", {"-129"}), 1, "an integer of 8 bits, signed"},
      {Call("libc.so.6", "strlen", "usize(buffer)", {"hex:0"}), 1, "hex: has pairs of digits"},
      {{"call", "--library=libm.so.6"}, 2, "--symbol is required"},
  };
  for (const BadCommand& row : cases) {
    const ProcessResult result = RunSomewhere(row.command);
    EXPECT_EQ(result.exit_code, row.exit_code) << row.message_part;
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.err.find(row.message_part), std::string::npos)
        << "expected: " << row.message_part << "\ngot: " << result.err;
  }
}

TEST(CliProgramTest, AMissingServerIsNamed) {
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"targets"}, {"compile", "--signature=f64()"}}) {
    std::vector<std::string> arguments = command;
    arguments.push_back("--server=unix:/nonexistent/socket");
    const ProcessResult result = RunCli(arguments);
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_NE(result.err.find("UNAVAILABLE: server unix:/nonexistent/socket: "), std::string::npos)
        << result.err;
  }
  const ProcessResult batch = RunCli({"compile", "--batch=-", "--server=unix:/nonexistent/socket"},
                                     "x86_64-sysv\tf64(f64)\n");
  EXPECT_EQ(batch.exit_code, 1);
  EXPECT_THAT(batch.out, testing::StartsWith("x86_64-sysv\tf64(f64)\tUNAVAILABLE\tse"));
}

TEST(CliProgramTest, MoreThanOneTabInABatchLineIsAnError) {
  const ProcessResult result =
      RunCli({"compile", "--batch=-"}, "x86_64-sysv\tu8(\tu8)\nx86_64-sysv\tu8()\t\n");
  EXPECT_EQ(result.exit_code, 1);
  const std::vector<std::string> lines = absl::StrSplit(result.out, '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 2u);
  for (const std::string& line : lines) {
    const std::vector<std::string> fields = absl::StrSplit(line, '\t');
    ASSERT_EQ(fields.size(), 4u) << line;
    EXPECT_EQ(fields[2], "INVALID_ARGUMENT");
  }
}

TEST(CliProgramTest, AnUnwritableStdoutIsAnError) {
  for (const std::string command :
       {"targets", "compile --signature='f64()'",
        "verify --target=x86_64-sysv --signature='void()' --callee-offset=4 "
        "--code=31ff48b80000000000000000ffe0",
        "verify --batch=- </proc/self/status",
        "call --library=libm.so.6 --symbol=pow --signature='f64(f64,f64)' -- 2 10"}) {
    const ProcessResult result =
        RunProgram({"/bin/sh", "-c", absl::StrCat(kCli, " ", command, " >/dev/full")});
    EXPECT_EQ(result.exit_code, 1) << command;
    EXPECT_NE(result.err.find("cannot write the output"), std::string::npos) << result.err;
  }
}

std::vector<std::string> Verify(const std::string& callee_offset, const std::string& code) {
  return {"verify", "--target=x86_64-sysv", "--signature=f64(f64,f64)",
          "--callee-offset=" + callee_offset, "--code=" + code};
}

TEST(CliVerifyTest, ProvesOrRejectsOne) {
  const ProcessResult proven = RunCli(Verify("4", "31ff48b80000000000000000ffe0"));
  EXPECT_EQ(proven.exit_code, 0);
  EXPECT_EQ(proven.out, "ok\n");
  EXPECT_EQ(proven.err, "");
  const ProcessResult rejected = RunCli(Verify("4", "31ff48b80000000000000000ffe090"));
  EXPECT_EQ(rejected.exit_code, 3);
  EXPECT_EQ(rejected.out,
            "reject\tUNACCOUNTED_BYTES at byte 14: these bytes are never executed and are no "
            "callee's slot\n");
  EXPECT_EQ(rejected.err, "");
  std::vector<std::string> aligned = Verify("4", "31ff48b80000000000000000ffe0");
  aligned.emplace_back("--alignment=3");
  EXPECT_THAT(RunCli(aligned).out, testing::StartsWith("reject\tALIGNMENT "));
}

TEST(CliVerifyTest, BadInputIsNamed) {
  const std::string code = "31ff48b80000000000000000ffe0";
  const std::vector<BadCommand> cases = {
      {Verify("4", "31f"), 1, "MALFORMED_CODE at code: the code is an even number of"},
      {Verify("4", "0x31"), 1, "MALFORMED_CODE at code"},
      {Verify("four", code), 1, "MALFORMED_CODE at callee_offset: the callee's offset is a"},
      {Verify("-1", code), 1, "MALFORMED_CODE at callee_offset"},
      {{"verify", "--target=vax", "--signature=f64()", "--callee-offset=4", "--code=" + code},
       1,
       "UNKNOWN_TARGET at target"},
      {{"verify", "--signature=f64(f65)", "--callee-offset=4", "--code=" + code},
       1,
       "UNKNOWN_TYPE at parameters[0]"},
      {{"verify", "--signature=f64()", "--callee-offset=4", "--code=" + code, "--profile=v9"},
       1,
       "UNKNOWN_PROFILE at caller_profile"},
      {{"verify"}, 2, "give either --batch, or --signature, --callee-offset and --code"},
      {{"verify", "--signature=f64()"}, 2, "--callee-offset"},
      {{"verify", "--signature=f64()", "--code=" + code}, 2, "--callee-offset"},
      {{"verify", "--batch=-", "--code=" + code}, 2, "give either --batch, or"},
      {{"verify", "--batch=-", "--target=x86_64-sysv"}, 2, "excludes"},
      {{"verify", "--batch=/nonexistent/file"}, 1, "cannot read /nonexistent/file"},
      {{"verify", "--batch=-", "--profile=v9"}, 1, "UNKNOWN_PROFILE"},
  };
  for (const BadCommand& row : cases) {
    const ProcessResult result = RunCli(row.command);
    EXPECT_EQ(result.exit_code, row.exit_code) << row.message_part;
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.err.find(row.message_part), std::string::npos)
        << "expected: " << row.message_part << "\ngot: " << result.err;
  }
}

TEST(CliVerifyTest, ABatchAnswersEveryLineInOrder) {
  const std::string good = "x86_64-sysv\tf64(f64,f64)\t4\t31ff48b80000000000000000ffe0";
  const std::string bad = "x86_64-sysv\tf64(f64,f64)\t2\t48b80000000000000000ffe0";
  const ProcessResult result =
      RunCli({"verify", "--batch=-"},
             absl::StrCat(good, "\n", bad, "\r\n", "no tabs\n", "\n", good, "\tmore\n", good));
  EXPECT_EQ(result.exit_code, 3);
  const std::vector<std::string> lines = absl::StrSplit(result.out, '\n');
  ASSERT_EQ(lines.size(), 7u) << result.out;
  EXPECT_EQ(lines[0], good + "\tok");
  EXPECT_THAT(lines[1], testing::StartsWith(bad + "\treject\tRECEIVER at byte 10: "));
  EXPECT_THAT(lines[2], testing::StartsWith("no tabs\treject\tMALFORMED_CODE: a line is TARGET"));
  EXPECT_THAT(lines[3], testing::StartsWith("\treject\tMALFORMED_CODE"));
  EXPECT_THAT(lines[4], testing::StartsWith(good + "\tmore\treject\tMALFORMED_CODE"));
  EXPECT_EQ(lines[5], good + "\tok");
  EXPECT_EQ(result.err, "springboard verify: 4 of 6 lines rejected\n");
}

TEST(CliVerifyTest, AnEmptyBatchIsProven) {
  const ProcessResult result = RunCli({"verify", "--batch=-"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out + result.err, "");
}

// An input that cannot be read must not pass for an empty one.
TEST(CliBatchTest, StdinThatCannotBeReadFails) {
  for (const char* const command : {"verify", "compile"}) {
    for (const char* const redirection : {"</", "<&-"}) {
      SCOPED_TRACE(absl::StrCat(command, " ", redirection));
      const ProcessResult result =
          RunProgram({"/bin/sh", "-c",
                      absl::StrCat("exec \"$0\" ", command, " --batch=- ", redirection), kCli});
      EXPECT_EQ(result.exit_code, 1);
      EXPECT_EQ(result.out, "");
      EXPECT_THAT(result.err, testing::HasSubstr("cannot read the batch"));
    }
  }
}

TEST(CliVerifyTest, AnOffsetIsDigitsOnly) {
  for (const std::string offset : {" 4", "+4", "4 ", "-0", "0x4", "4294967296"}) {
    const ProcessResult result =
        RunCli({"verify", "--signature=void(u64)", "--code=00", "--callee-offset=" + offset});
    EXPECT_EQ(result.exit_code, 1) << offset;
    EXPECT_THAT(result.err, testing::HasSubstr("callee_offset")) << offset;
  }
}

// The pipe of the help text.
TEST(CliVerifyTest, ProvesWhatCompileGives) {
  SignatureGenerator generator(/*seed=*/6);
  std::string input;
  for (int i = 0; i < 500; ++i) {
    absl::StrAppend(&input, AllTargets()[static_cast<size_t>(i) % 5].name, "\t",
                    generator.Next().ToString(), "\n");
  }
  const ProcessResult result =
      RunProgram({"/bin/sh", "-c",
                  absl::StrCat(kCli, " compile --batch=- | cut -f1,2,4,5 | ", kCli,
                               " verify --batch=- | cut -f5 | sort | uniq -c")},
                 input);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, testing::MatchesRegex(" *500 ok\n"));
}

TEST(CliProgramTest, CallSaysSoWhereNothingIsProven) {
  const std::vector<std::string> command = Call("libm.so.6", "pow", "f64(f64,f64)", {"2", "10"});
  EXPECT_EQ(RunCli(command).err, "");
  std::vector<std::string> unproven = command;
  unproven.insert(unproven.begin() + 1, "--no-verify");
  const ProcessResult result = RunCli(unproven);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "1024\n");
  EXPECT_EQ(result.err,
            "springboard: mapping a trampoline of f64(f64,f64) without proof, since verification "
            "is off\n");
}

TEST(CliProgramTest, EveryCommandHasHelpWithAnExample) {
  for (const char* command : {"compile", "call", "targets", "verify", "pack", "inspect", "load"}) {
    const ProcessResult result = RunCli({command, "--help"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_NE(result.out.find("Example"), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("springboard " + std::string(command)), std::string::npos);
    EXPECT_NE(result.out.find("Exit codes:"), std::string::npos);
  }
  EXPECT_EQ(RunCli({"--help"}).exit_code, 0);
  EXPECT_EQ(RunCli({}).exit_code, 2);
  EXPECT_EQ(RunCli({"fly"}).exit_code, 2);
}

}  // namespace
}  // namespace springboard
