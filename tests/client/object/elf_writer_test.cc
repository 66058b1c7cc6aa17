// ELF objects as others read them: LLVM's and GNU's readers, disassemblers and linkers.

#include "client/object/elf_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/object/make_object.h"
#include "compiler/compile.h"
#include "compiler/error_details.h"
#include "tests/client/object/object_tools.h"
#include "tests/support/files.h"
#include "tests/support/signature_generator.h"

namespace springboard {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

// Functions t00000 and so on, which call c00000 and so on.
Object SomeObject(Target target, int count, Landing landing = Landing::kNone) {
  Object object = {target, landing == Landing::kPad, {}};
  SignatureGenerator generator(/*seed=*/3);
  for (int i = 0; i < count; ++i) {
    const auto function =
        MakeObjectFunction(*Compile({generator.Next(), target}), absl::StrFormat("t%05d", i),
                           absl::StrFormat("c%05d", i), landing);
    EXPECT_TRUE(function.ok()) << function.status();
    if (function.ok()) object.functions.push_back(*function);
  }
  return object;
}

std::string BytesOf(const Object& object) {
  const absl::StatusOr<std::string> bytes = WriteElf(object);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  return bytes.value_or("");
}

// The same, and that the tool has nothing to complain of.
std::string Output(const std::vector<std::string>& command) {
  std::string out = OutputOf(command);
  EXPECT_THAT(out, Not(ContainsRegex("[Ww]arning"))) << command[0];
  return out;
}

class ElfWriterTest : public testing::TestWithParam<Target> {
 protected:
  std::string Write(const Object& object) {
    std::string path = folder_.File("functions.o");
    EXPECT_TRUE(WriteFile(path, BytesOf(object)));
    return path;
  }

  const TemporaryFolder folder_;
};

TEST_P(ElfWriterTest, ReadersHaveNothingToComplainOf) {
  for (const Landing landing : {Landing::kNone, Landing::kPad}) {
    for (const int count : {0, 1, 500}) {
      const std::string path = Write(SomeObject(GetParam(), count, landing));
      Output({"/usr/bin/llvm-readobj-14", "--all", path});
      Output({"/usr/bin/llvm-readelf-14", "--all", path});
      Output({"/usr/bin/llvm-dwarfdump-14", "--verify", "--eh-frame", path});
      Output({"/usr/bin/readelf", "-aW", path});
    }
  }
}

TEST_P(ElfWriterTest, HasFunctionsWithSizesAndCalleesByName) {
  const Object object = SomeObject(GetParam(), 50);
  const std::string path = Write(object);
  const std::string symbols = Output({"/usr/bin/llvm-readelf-14", "-sW", path});
  const std::string relocations = Output({"/usr/bin/llvm-readelf-14", "-rW", path});
  for (const ObjectFunction& function : object.functions) {
    EXPECT_THAT(symbols, ContainsRegex(absl::StrCat(" ", function.code.size(),
                                                    " FUNC +GLOBAL +DEFAULT +[0-9]+ ",
                                                    function.name, "\n")));
    EXPECT_THAT(symbols, ContainsRegex(absl::StrCat(" 0 NOTYPE +GLOBAL +DEFAULT +UND ",
                                                    function.callee, "\n")));
    const bool is_x64 = GetParam() == Target::kX64SystemV;
    const std::string type = is_x64                  ? "R_X86_64_PLT32"
                             : function.is_tail_call ? "R_AARCH64_JUMP26"
                                                     : "R_AARCH64_CALL26";
    const std::string section = absl::StrFormat(
        "Relocation section '.rela.text.%s' at offset [^:]*:\n[^\n]*\n%016x +[0-9a-f]+ "
        "%s +0+ %s%s\n",
        function.name, function.branch_offset_bytes + (is_x64 ? 1 : 0), type, function.callee,
        is_x64 ? " - 4" : " \\+ 0");
    EXPECT_THAT(relocations, ContainsRegex(section));
  }
}

// The unwind information as it should be read: where the CFA and the saved registers are, from
// each offset on.
std::string UnwindRows(Target target, const ObjectFunction& function) {
  const bool is_x64 = target == Target::kX64SystemV;
  const auto name = [&](int reg) {
    static const std::map<int, std::string>* const x64 = new std::map<int, std::string>{
        {3, "RBX"}, {5, "RBP"}, {12, "R12"}, {13, "R13"}, {14, "R14"}, {15, "R15"}};
    return is_x64 ? x64->at(reg) : absl::StrCat("W", reg);
  };
  int cfa = is_x64 ? 8 : 0;
  std::map<int, int> saved;
  std::map<uint32_t, std::string> lines;
  const auto add = [&](uint32_t offset) {
    std::string& line = lines[offset];
    line = absl::StrCat("CFA=", is_x64 ? "RSP" : "WSP", cfa == 0 ? "" : absl::StrCat("+", cfa));
    std::vector<std::string> rules;
    for (const auto& [reg, place] : saved) {
      rules.push_back(absl::StrCat(name(reg), "=[CFA-", place, "]"));
    }
    if (is_x64) rules.push_back("RIP=[CFA-8]");
    if (!rules.empty()) absl::StrAppend(&line, ": ", absl::StrJoin(rules, ", "));
  };
  add(0);
  for (const CodeOutline::Row& row : function.rows) {
    if (row.kind == CodeOutline::Row::Kind::kCfa) cfa = row.value;
    if (row.kind == CodeOutline::Row::Kind::kSaved) saved[row.reg] = row.value;
    if (row.kind == CodeOutline::Row::Kind::kRestored) saved.erase(row.reg);
    add(row.offset_bytes);
  }
  std::string text;
  for (const auto& [offset, line] : lines)
    absl::StrAppendFormat(&text, "  0x%x: %s\n", offset, line);
  return text;
}

TEST_P(ElfWriterTest, UnwindInformationSaysWhatTheCodeDoes) {
  const Object object = SomeObject(GetParam(), 300, Landing::kPad);
  const std::string path = Write(object);
  const std::string dump = Output({"/usr/bin/llvm-dwarfdump-14", "--eh-frame", path});
  const std::vector<std::string> records = absl::StrSplit(dump, " FDE ");
  ASSERT_EQ(records.size(), object.functions.size() + 1);
  size_t frames = 0;
  for (size_t i = 0; i < object.functions.size(); ++i) {
    const ObjectFunction& function = object.functions[i];
    EXPECT_THAT(records[i + 1],
                HasSubstr(absl::StrFormat("pc=%08x...%08x", 0, function.code.size())));
    EXPECT_THAT(records[i + 1], HasSubstr("\n\n" + UnwindRows(GetParam(), function)));
    frames += function.rows.empty() ? 0 : 1;
  }
  EXPECT_GT(frames, 50);
  // Each is of its own function's section.
  const std::string relocations = Output({"/usr/bin/llvm-readelf-14", "-rW", path});
  const std::string type = GetParam() == Target::kX64SystemV ? "R_X86_64_PC32" : "R_AARCH64_PREL32";
  for (size_t i = 0; i < object.functions.size(); ++i) {
    EXPECT_THAT(relocations, ContainsRegex(absl::StrCat(type, " +0+ .text.",
                                                        object.functions[i].name, " \\+ 0\n")));
  }
}

TEST_P(ElfWriterTest, SaysWhatItSupports) {
  const std::string note =
      Output({"/usr/bin/llvm-readelf-14", "-n", Write(SomeObject(GetParam(), 3, Landing::kPad))});
  EXPECT_THAT(note, HasSubstr(GetParam() == Target::kX64SystemV ? "x86 feature: IBT, SHSTK\n"
                                                                : "aarch64 feature: BTI\n"));
  const std::string sections =
      Output({"/usr/bin/llvm-readelf-14", "-SW", Write(SomeObject(GetParam(), 3))});
  EXPECT_THAT(sections, Not(HasSubstr(".note.gnu.property")));
  // Without flags: an executable stack is not asked for.
  EXPECT_THAT(sections,
              ContainsRegex(".note.GNU-stack +PROGBITS +0+ [0-9a-f]+ 000000 00 +0 +0 +1"));
}

// More sections than 16 bits count.
TEST_P(ElfWriterTest, TakesFunctionsWithoutEnd) {
  constexpr int kFunctions = 40000;
  Object object = {GetParam(), false, {}};
  const Trampoline trampoline = *Compile({*Signature::Parse("u8(u8)"), GetParam()});
  for (int i = 0; i < kFunctions; ++i) {
    object.functions.push_back(*MakeObjectFunction(trampoline, absl::StrFormat("t%05d", i),
                                                   absl::StrCat("c", i % 3), Landing::kNone));
  }
  const std::string path = Write(object);
  Output({"/usr/bin/llvm-readobj-14", "--all", path});
  const std::string emulation = GetParam() == Target::kX64SystemV ? "elf_x86_64" : "aarch64linux";
  std::vector<std::string> linkers = {"/usr/bin/ld.lld-14"};
  linkers.push_back(GetParam() == Target::kX64SystemV ? "/usr/bin/ld.bfd"
                                                      : "/usr/bin/aarch64-linux-gnu-ld.bfd");
  for (const std::string& linker : linkers) {
    const std::string linked = folder_.File("linked.so");
    Output({linker, "-m", emulation, "-shared", "--eh-frame-hdr", path, "-o", linked});
    const std::string symbols = Output({"/usr/bin/llvm-nm-14", "-D", linked});
    EXPECT_EQ(std::count(symbols.begin(), symbols.end(), '\n'), kFunctions + 3) << linker;
  }
}

TEST_P(ElfWriterTest, IsTheSameForTheSame) {
  EXPECT_EQ(BytesOf(SomeObject(GetParam(), 100)), BytesOf(SomeObject(GetParam(), 100)));
}

TEST_P(ElfWriterTest, ACalleeMayBeDefinedInTheObject) {
  Object object = SomeObject(GetParam(), 2);
  object.functions[0].callee = object.functions[1].name;
  const std::string symbols = Output({"/usr/bin/llvm-readelf-14", "-sW", Write(object)});
  EXPECT_THAT(symbols, Not(HasSubstr("c00000")));
}

TEST_P(ElfWriterTest, BadObjectsAreErrors) {
  const auto error = [](const Object& object) {
    const absl::Status status = WriteElf(object).status();
    const ErrorDetails details = GetErrorDetails(status).value_or(ErrorDetails{"none", ""});
    return absl::StrCat(details.reason, " ", details.field);
  };
  const Object good = SomeObject(GetParam(), 2);
  Object bad = good;
  bad.target = Target::kX64Windows;
  EXPECT_EQ(error(bad), "UNSUPPORTED_TARGET target");
  bad = good;
  bad.functions[1].name.clear();
  EXPECT_EQ(error(bad), "NOT_AN_IDENTIFIER functions[1].name");
  bad = good;
  std::swap(bad.functions[0], bad.functions[1]);
  EXPECT_EQ(error(bad), "OUT_OF_RANGE functions[1].name");
  bad = good;
  ++bad.functions[0].branch_offset_bytes;
  EXPECT_EQ(error(bad), "MALFORMED_CODE functions[0].branch_offset_bytes");
}

INSTANTIATE_TEST_SUITE_P(Targets, ElfWriterTest,
                         testing::Values(Target::kX64SystemV, Target::kA64Linux));

}  // namespace
}  // namespace springboard
