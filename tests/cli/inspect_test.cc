// springboard inspect: a pack as a table, an entry as its parts, two packs compared; and what
// springboard pack leaves where a disk is full.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/pack/pack_writer.h"
#include "compiler/compile.h"
#include "tests/support/files.h"
#include "tests/support/pack_bytes.h"
#include "tests/support/signature_generator.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kCli[] = "client/cli/springboard";

ProcessResult Inspect(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {kCli, "inspect"});
  return RunProgram(arguments);
}

CompileRequest Request(const std::string& signature, Target target) {
  return {*Signature::Parse(signature), target};
}

std::vector<std::string> Lines(const std::string& text) {
  return absl::StrSplit(text, '\n', absl::SkipEmpty());
}

class InspectTest : public testing::Test {
 protected:
  InspectTest() {
    EXPECT_TRUE(WritePack(path_, {Request("f64(f64,f64)", Target::kX64SystemV),
                                  Request("i8(i8)", Target::kX64SystemV),
                                  Request("f64(f64,f64)", Target::kA64Linux)})
                    .ok());
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.File("stubs.pack");
};

TEST_F(InspectTest, PrintsATable) {
  const ProcessResult result = Inspect({path_});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  const std::vector<std::string> lines = Lines(result.out);
  ASSERT_EQ(lines.size(), 5u) << result.out;
  EXPECT_THAT(lines[0], StartsWith(path_ + ": 3 entries, codegen version "));
  EXPECT_THAT(lines[0], testing::ContainsRegex(", sha256 [0-9a-f]{64}$"));
  EXPECT_EQ(lines[1], "TARGET           PROFILE  SIGNATURE      BYTES  FRAME  DIGEST");
  EXPECT_THAT(lines[2], testing::ContainsRegex("^x86_64-sysv      v8-10    i8\\(i8\\) "));
  EXPECT_THAT(lines[3],
              testing::ContainsRegex("^x86_64-sysv      v8-10    f64\\(f64,f64\\)      14      -  "
                                     "[0-9a-f]{16}$"));
  EXPECT_THAT(lines[4], StartsWith("aarch64-linux "));
}

TEST_F(InspectTest, PrintsTheTableAsJson) {
  const ProcessResult result = Inspect({"--json", path_});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const nlohmann::json json =
      nlohmann::json::parse(result.out, nullptr, /*allow_exceptions=*/false);
  ASSERT_FALSE(json.is_discarded()) << result.out;
  EXPECT_EQ(json["file"], path_);
  EXPECT_EQ(json["format"], 2);
  ASSERT_EQ(json["entries"].size(), 3u);
  EXPECT_EQ(json["entries"][1]["target"], "x86_64-sysv");
  EXPECT_EQ(json["entries"][1]["signature"], "f64(f64,f64)");
  EXPECT_EQ(json["entries"][1]["bytes"], 14);
  EXPECT_EQ(json["entries"][1]["is_tail_call"], true);
}

TEST_F(InspectTest, AnEmptyPackIsATableWithoutLines) {
  ASSERT_TRUE(WritePack(path_, {}).ok());
  EXPECT_EQ(Lines(Inspect({path_}).out).size(), 2u);
  const auto json = nlohmann::json::parse(Inspect({"--json", path_}).out, nullptr, false);
  ASSERT_FALSE(json.is_discarded());
  EXPECT_TRUE(json["entries"].empty());
}

TEST_F(InspectTest, PrintsAnEntryAsLayoutCodeAndDisassembly) {
  const ProcessResult result = Inspect({"--entry=f64(f64,f64)", "--target=x86_64-sysv", path_});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  for (const char* part : {"f64(f64,f64) for x86_64-sysv, called by v8-10: 14 bytes, tail call\n",
                           "callee's address at 4\n", "layout of the caller\n", "    f64 in xmm0\n",
                           "layout of the callee\n", "code\n  31ff48b80000000000000000ffe0\n",
                           "disassembly\n   0  31ff                  xor edi, edi\n"}) {
    EXPECT_THAT(result.out, HasSubstr(part));
  }
  const ProcessResult both = Inspect({"--entry=f64(f64,f64)", path_});
  EXPECT_THAT(both.out, AllOf(HasSubstr(result.out), HasSubstr(" for aarch64-linux, called by")));
  const ProcessResult named =
      Inspect({"--entry=f64(f64,f64)", "--target=aarch64-linux,x86_64-sysv", "--json", path_});
  const auto json = nlohmann::json::parse(named.out, nullptr, false);
  ASSERT_FALSE(json.is_discarded()) << named.out;
  ASSERT_EQ(json.size(), 2u);
  EXPECT_EQ(json[1]["code"], "31ff48b80000000000000000ffe0");
}

TEST_F(InspectTest, PacksThatAreTheSameGiveNothing) {
  const std::string other = folder_.File("other.pack");
  ASSERT_TRUE(WriteFile(other, ReadFile(path_)));
  const ProcessResult result = Inspect({path_, other});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "");
}

TEST_F(InspectTest, ShowsWhatTwoPacksDifferIn) {
  const std::string other = folder_.File("other.pack");
  const CompileRequest kept = Request("f64(f64,f64)", Target::kX64SystemV);
  const CompileRequest added = Request("void()", Target::kA64Apple);
  const CompileRequest changed = Request("f64(f64,f64)", Target::kA64Linux);
  absl::StatusOr<PackWriter> writer = PackWriter::Create(other);
  ASSERT_TRUE(writer.ok()) << writer.status();
  ASSERT_TRUE(writer->Add(kept, *Compile(kept)).ok());
  ASSERT_TRUE(writer->Add(added, *Compile(added)).ok());
  // A nop in front.
  Trampoline longer = *Compile(changed);
  const uint8_t nop[] = {0x1F, 0x20, 0x03, 0xD5};
  longer.code.insert(longer.code.begin(), std::begin(nop), std::end(nop));
  longer.relocation.callee_offset_bytes += 4;
  ASSERT_TRUE(writer->Add(changed, longer).ok());
  ASSERT_TRUE(writer->Finish().ok());
  const ProcessResult result = Inspect({path_, other});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  const std::vector<std::string> lines = Lines(result.out);
  ASSERT_GT(lines.size(), 6u) << result.out;
  EXPECT_THAT(lines[0], StartsWith("--- " + path_ + ": 3 entries, codegen version "));
  EXPECT_THAT(lines[1], StartsWith("+++ " + other + ": 3 entries, codegen version "));
  EXPECT_THAT(lines[2], StartsWith("-x86_64-sysv  v8-10  i8(i8): "));
  EXPECT_THAT(lines[3], StartsWith("+aarch64-apple  v8-10  void(): 20 bytes, tail call"));
  EXPECT_THAT(lines[4], StartsWith("!aarch64-linux  v8-10  f64(f64,f64): "));
  EXPECT_EQ(lines[5], "+   0  1f2003d5              nop");
  for (size_t i = 6; i < lines.size(); ++i) {
    EXPECT_THAT(lines[i], testing::ContainsRegex("^[ +-] +[0-9a-f]+  ")) << result.out;
  }
  const ProcessResult reversed = Inspect({other, path_});
  EXPECT_EQ(reversed.exit_code, 1);
  EXPECT_THAT(reversed.out, AllOf(HasSubstr("\n+x86_64-sysv  v8-10  i8(i8): "),
                                  HasSubstr("\n-aarch64-apple  v8-10  void(): "),
                                  HasSubstr("\n-   0  1f2003d5              nop\n")));
  const auto json = nlohmann::json::parse(Inspect({"--json", path_, other}).out, nullptr, false);
  ASSERT_FALSE(json.is_discarded());
  ASSERT_EQ(json["differences"].size(), 3u);
  EXPECT_EQ(json["differences"][0]["kind"], "removed");
  EXPECT_EQ(json["differences"][1]["kind"], "added");
  EXPECT_EQ(json["differences"][2]["kind"], "changed");
  EXPECT_EQ(json["differences"][2]["after"]["callee_offset"],
            longer.relocation.callee_offset_bytes);
}

TEST_F(InspectTest, CheckProvesEveryEntry) {
  const ProcessResult result = Inspect({"--check", path_});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, path_ + ": 3 entries are proven\n");
  EXPECT_EQ(result.err, "") << "progress is for terminals";
}

TEST_F(InspectTest, CheckTellsWhatIsWrong) {
  std::string damaged = ReadFile(path_);
  damaged[RowOf(damaged, 2).offset - 1] ^= 1;
  ASSERT_TRUE(WriteFile(path_, damaged));
  const ProcessResult result = Inspect({"--check", path_});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("MALFORMED_PACK at digest: " + path_),
                    HasSubstr("MALFORMED_PACK at entries[1]: "),
                    HasSubstr(": entry 1: it is damaged\n"), HasSubstr(": 2 faults\n")));
  const auto json =
      nlohmann::json::parse(Inspect({"--check", "--json", path_}).out, nullptr, false);
  ASSERT_FALSE(json.is_discarded());
  EXPECT_EQ(json["faults"], 2);
  EXPECT_EQ(json["first_faults"].size(), 2u);
  // A table of it would hide that.
  const ProcessResult table = Inspect({path_});
  EXPECT_EQ(table.exit_code, 1);
  EXPECT_EQ(table.out, "");
  EXPECT_THAT(table.err, HasSubstr("DATA_LOSS: MALFORMED_PACK at digest: "));
}

TEST_F(InspectTest, TheDigestThatIsPrintedIsThatOfTheFile) {
  const std::string forged_path = folder_.File("forged.pack");
  std::string forged = ReadFile(path_);
  forged[RowOf(forged, 2).offset - 1] ^= 1;
  Seal(forged);
  ASSERT_TRUE(WriteFile(forged_path, forged));
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {forged_path}, {"--json", forged_path}, {path_, forged_path}, {forged_path, path_}}) {
    const ProcessResult result = Inspect(arguments);
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr("does not have the SHA-256 that it says"));
  }
}

TEST_F(InspectTest, CheckOfWhatIsCutOffIsAFault) {
  ASSERT_TRUE(WriteFile(path_, ReadFile(path_).substr(0, 300)));
  const ProcessResult result = Inspect({"--check", path_});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("MALFORMED_PACK"), HasSubstr(": 1 fault\n")));
  const auto json =
      nlohmann::json::parse(Inspect({"--check", "--json", path_}).out, nullptr, false);
  ASSERT_FALSE(json.is_discarded());
  EXPECT_EQ(json["faults"], 1);
  EXPECT_EQ(json["first_faults"].size(), 1u);
}

// Hashes are no proof.
TEST_F(InspectTest, CheckRejectsCodeThatIsNotProven) {
  std::string forged = ReadFile(path_);
  forged[RowOf(forged, 2).offset - 1] ^= 1;
  Seal(forged);
  ASSERT_TRUE(WriteFile(path_, forged));
  const ProcessResult result = Inspect({"--check", path_});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_THAT(result.out, HasSubstr("CODE_REJECTED at entries[1].code: no trampoline of "));
}

TEST_F(InspectTest, BadInputIsNamed) {
  struct Case {
    std::vector<std::string> arguments;
    int exit_code;
    std::string message_part;
  };
  const std::string text = folder_.File("text");
  ASSERT_TRUE(WriteFile(text, "f64(f64)\n"));
  const std::string old = folder_.File("old.pack");
  ASSERT_TRUE(WriteFile(old, std::string("SPRBPACK\1\0\0\0\1\0\0\0", 16) + std::string(16, '\0')));
  const std::vector<Case> cases = {
      {{}, 2, "file is required"},
      {{path_, path_, path_}, 2, "file: At Most 2 required but received 3"},
      {{"--check", path_, path_}, 2, "--check and --entry take one FILE"},
      {{"--entry=i8(i8)", path_, path_}, 2, "--check and --entry take one FILE"},
      {{"--entry=i8(i8)", "--check", path_}, 2, "excludes"},
      {{"--target=x86_64-sysv", path_}, 2, "requires --entry"},
      {{"/no/such.pack"}, 1, "NOT_FOUND: FILE_REFUSED at pack: cannot read /no/such.pack: No such"},
      {{path_, "/no/such.pack"}, 1, "cannot read /no/such.pack"},
      {{text}, 1, "DATA_LOSS: MALFORMED_PACK: " + text + " is no pack: "},
      {{old}, 1, "VERSION_MISMATCH at pack: " + old + " has pack format 1; this client reads"},
      {{"--entry=u8(u8)", path_}, 1, "NOT_IN_PACK at signature: " + path_ + " has no trampoline"},
      {{"--entry=i8(i8)", "--target=aarch64-linux", path_}, 1, "of i8(i8) for aarch64-linux"},
      {{"--entry=i8(i9)", path_}, 1, "UNKNOWN_TYPE at parameters[0]"},
      {{"--entry=i8(i8)", "--target=vax", path_}, 1, "UNKNOWN_TARGET at target"},
      {{"--entry=i8(i8)", "--profile=v9", path_}, 1, "UNKNOWN_PROFILE at caller_profile"},
  };
  for (const Case& row : cases) {
    const ProcessResult result = Inspect(row.arguments);
    EXPECT_EQ(result.exit_code, row.exit_code) << row.message_part << "\n" << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr(row.message_part));
  }
}

TEST_F(InspectTest, AnUnwritableStdoutIsAnError) {
  for (const std::string arguments : {"", "--json", "--check", "--entry='i8(i8)'"}) {
    const ProcessResult result = RunProgram(
        {"/bin/sh", "-c", absl::StrCat(kCli, " inspect ", arguments, " ", path_, " >/dev/full")});
    EXPECT_EQ(result.exit_code, 1) << arguments;
    EXPECT_THAT(result.err, HasSubstr("cannot write the output"));
  }
}

TEST_F(InspectTest, HasHelpWithAnExample) {
  const ProcessResult result = Inspect({"--help"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("Example"), HasSubstr("springboard inspect stubs.pack"),
                                HasSubstr("Exit codes:")));
}

std::string ManySignatures() {
  SignatureGenerator generator(/*seed=*/11);
  std::string text;
  for (int i = 0; i < 20000; ++i) absl::StrAppend(&text, generator.Next().ToString(), "\n");
  return text;
}

// A real one, of 1 MB; where this user may not mount one, the limit below stands for it.
TEST(PackDiskTest, AFullDiskIsAClearErrorAndNoFile) {
  const TemporaryFolder folder;
  const std::string disk = folder.File("");
  const std::string alone = "unshare --user --map-root-user --mount ";
  if (RunProgram({"/bin/sh", "-c", alone + "mount -t tmpfs -o size=1m tmpfs " + disk}).exit_code !=
      0) {
    GTEST_SKIP() << "no tmpfs can be mounted here; AFileThatIsTooLargeIsAClearErrorAndNoFile ran";
  }
  const std::string script =
      absl::StrCat("mount -t tmpfs -o size=1m tmpfs ", disk, " && ", kCli,
                   " pack --target=x86_64-windows --output=", disk,
                   "stubs.pack -; echo exit $?; ls -A ", disk, "; df --output=used ", disk);
  const ProcessResult result =
      RunProgram({"/bin/sh", "-c", alone + "/bin/sh -c '" + script + "'"}, ManySignatures());
  EXPECT_THAT(result.err, HasSubstr("UNAVAILABLE: FILE_REFUSED at output: cannot write " + disk +
                                    "stubs.pack: No space left on device\n"));
  EXPECT_THAT(result.out, testing::MatchesRegex("exit 1\n *Used\n *0\n"));
}

TEST(PackDiskTest, AFileThatIsTooLargeIsAClearErrorAndNoFile) {
  const TemporaryFolder folder;
  const std::string path = folder.File("stubs.pack");
  const ProcessResult result = RunProgram(
      {"/bin/sh", "-c", absl::StrCat("ulimit -f 1000; exec ", kCli, " pack --output=", path, " -")},
      ManySignatures());
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err,
              HasSubstr("FILE_REFUSED at output: cannot write " + path + ": File too large\n"));
  EXPECT_EQ(RunProgram({"/bin/ls", "-A", folder.File("")}).out, "");
}

}  // namespace
}  // namespace springboard
