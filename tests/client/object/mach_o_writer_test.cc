// Mach-O objects, as LLVM's tools read and link them.

#include "client/object/mach_o_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "compiler/error_details.h"
#include "tests/client/object/compiled_object.h"
#include "tests/client/object/object_tools.h"

namespace springboard {
namespace {

using testing::HasSubstr;

constexpr const char* kReadobj = "/usr/bin/llvm-readobj-14";
constexpr const char* kObjdump = "/usr/bin/llvm-objdump-14";
constexpr const char* kDwarfdump = "/usr/bin/llvm-dwarfdump-14";

// The file of the object.
std::string Place(const TemporaryFolder& folder, const Object& object) {
  const absl::StatusOr<std::string> bytes = WriteMachO(object);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_TRUE(WriteFile(folder.File("object.o"), bytes.ok() ? *bytes : ""));
  return folder.File("object.o");
}

TEST(MachOWriter, ReadobjReadsEverythingWithoutAWarning) {
  for (const bool pads : {false, true}) {
    const Object object = CompiledObject(Target::kA64Apple, TypicalSymbols(), pads);
    const TemporaryFolder folder;
    const std::string path = Place(folder, object);
    const std::string text =
        OutputOf({kReadobj, "--all", "--expand-relocs", "--macho-segment", path});
    EXPECT_THAT(text, HasSubstr("CpuType: Arm64"));
    EXPECT_THAT(text, HasSubstr("FileType: Relocatable"));
    EXPECT_THAT(text, HasSubstr("MH_SUBSECTIONS_VIA_SYMBOLS"));
    size_t framed = 0;
    for (const ObjectFunction& function : object.functions) {
      const std::string symbol = Between(text, "Name: _" + function.name + " (", "\n  }");
      EXPECT_THAT(symbol, HasSubstr("Extern\n    Type: Section"));
      EXPECT_THAT(symbol, HasSubstr("Section: __text"));
      const std::string callee = Between(text, "Name: _" + function.callee + " (", "\n  }");
      EXPECT_THAT(callee, HasSubstr("Extern\n    Type: Undef"));
      EXPECT_THAT(text,
                  HasSubstr("PCRel: 1\n      Length: 2\n      Type: ARM64_RELOC_BRANCH26 (2)\n"
                            "      Symbol: _" +
                            function.callee + " ("));
      framed += !function.rows.empty();
    }
    EXPECT_GT(framed, 5U);
    EXPECT_EQ(CountOf(text, "ARM64_RELOC_BRANCH26"), object.functions.size());
    EXPECT_EQ(CountOf(text, "ARM64_RELOC_SUBTRACTOR"), framed);
    EXPECT_EQ(CountOf(text, "ARM64_RELOC_UNSIGNED"), framed + object.functions.size());
    const std::string unwind = OutputOf({kObjdump, "--unwind-info", path});
    EXPECT_EQ(CountOf(unwind, "compact encoding:     0x03000000"), framed);
    EXPECT_EQ(CountOf(unwind, "compact encoding:     0x02000000"),
              object.functions.size() - framed);
    EXPECT_EQ(CountOf(OutputOf({kDwarfdump, "--eh-frame", path}), " FDE cie=00000000"), framed);
    OutputOf({kDwarfdump, "--verify", "--eh-frame", path});
  }
}

TEST(MachOWriter, IsForMacOs11) {
  const TemporaryFolder folder;
  const std::string path = Place(folder, CompiledObject(Target::kA64Apple, TypicalSymbols()));
  const std::string text = OutputOf({kObjdump, "--macho", "--private-headers", path});
  EXPECT_THAT(Between(text, "cmd LC_BUILD_VERSION", "Load command"),
              HasSubstr(" platform macos\n       sdk n/a\n     minos 11.0\n    ntools 0\n"));
}

// Of a function's only unwind information.
std::string CallFrame(const std::string& signature) {
  const TemporaryFolder folder;
  const std::string text =
      OutputOf({kDwarfdump, "--eh-frame",
                Place(folder, CompiledObject(Target::kA64Apple, {{"f", signature}}))});
  EXPECT_THAT(text, HasSubstr("Augmentation data:     10\n"));
  return Between(text, "FDE cie", "\n\n");
}

// Where the frame is, behind each instruction that changes it.
TEST(MachOWriter, CallFrameInformation) {
  EXPECT_THAT(CallFrame("u64(u64,buffer,u32)"),
              HasSubstr("  DW_CFA_advance_loc: 4\n"  // stp x29, x30, [sp, -32]!
                        "  DW_CFA_def_cfa_offset: +32\n"
                        "  DW_CFA_offset: W29 -32\n"
                        "  DW_CFA_offset: W30 -24\n"
                        "  DW_CFA_advance_loc: 40\n"  // ldp x29, x30, [sp], 32
                        "  DW_CFA_restore: W29\n"
                        "  DW_CFA_restore: W30\n"
                        "  DW_CFA_def_cfa_offset: +0\n"));
}

TEST(MachOWriter, CallFrameInformationWithStackedArguments) {
  EXPECT_THAT(CallFrame("u64(f64,f64,f64,f64,f64,f64,f64,f64,f64)"),
              HasSubstr("  DW_CFA_advance_loc: 4\n"  // sub sp, sp, 32
                        "  DW_CFA_def_cfa_offset: +32\n"
                        "  DW_CFA_advance_loc: 4\n"  // stp x29, x30, [sp, 16]
                        "  DW_CFA_offset: W29 -16\n"
                        "  DW_CFA_offset: W30 -8\n"
                        "  DW_CFA_advance_loc: 40\n"  // ldp x29, x30, [sp, 16]
                        "  DW_CFA_restore: W29\n"
                        "  DW_CFA_restore: W30\n"
                        "  DW_CFA_advance_loc: 4\n"  // add sp, sp, 32
                        "  DW_CFA_def_cfa_offset: +0\n"));
}

TEST(MachOWriter, LldLinksWhatIsReferredTo) {
  const Object object = CompiledObject(Target::kA64Apple, TypicalSymbols());
  const TemporaryFolder folder;
  ASSERT_TRUE(WriteFile(folder.File("callees.c"), EmptyCallees(object)));
  OutputOf({"/usr/bin/clang-14", "--target=arm64-apple-macos11", "-c", folder.File("callees.c"),
            "-o", folder.File("callees.o")});
  for (const bool strips : {false, true}) {
    OutputOf({"/usr/bin/ld64.lld-14", "-arch", "arm64", "-platform_version", "macos", "11.0",
              "11.0", "-dylib", strips ? "-dead_strip" : "-no_deduplicate", "-exported_symbol",
              "___springboard_checksum", "-o", folder.File("image.dylib"), Place(folder, object),
              folder.File("callees.o")});
    const std::string code = OutputOf({kObjdump, "-d", "--macho", folder.File("image.dylib")});
    EXPECT_EQ(CountOf(code, "\n___springboard_"), strips ? 1 : object.functions.size());
    EXPECT_THAT(Between(code, "\n___springboard_checksum:", "\tret\n"),
                HasSubstr("\tbl\t_checksum\n"));
    const std::string unwind = OutputOf({kObjdump, "--unwind-info", folder.File("image.dylib")});
    EXPECT_THAT(unwind, HasSubstr("encoding[0]: 0x03000000\n    encoding[1]: 0x02000000\n"));
  }
}

TEST(MachOWriter, HasNoEhFrameWithoutFrames) {
  const TemporaryFolder folder;
  const std::string path =
      Place(folder, CompiledObject(Target::kA64Apple, {{"power", "f64(f64,f64)"}}));
  const std::string text = OutputOf({kReadobj, "--all", path});
  EXPECT_EQ(CountOf(text, "__eh_frame"), 0U);
  EXPECT_EQ(CountOf(text, "Name: "), 4U) << "two sections, two symbols";
}

TEST(MachOWriter, GivesTheSameBytesForTheSameObject) {
  const absl::StatusOr<std::string> once =
      WriteMachO(CompiledObject(Target::kA64Apple, TypicalSymbols()));
  const absl::StatusOr<std::string> again =
      WriteMachO(CompiledObject(Target::kA64Apple, TypicalSymbols()));
  ASSERT_TRUE(once.ok()) << once.status();
  EXPECT_EQ(*once, *again);
}

TEST(MachOWriter, LinksAnObjectWithoutFunctions) {
  const TemporaryFolder folder;
  OutputOf({kReadobj, "--all", Place(folder, Object{Target::kA64Apple, false, {}})});
}

TEST(MachOWriter, RefusesOtherTargets) {
  const absl::Status status = WriteMachO(Object{Target::kA64Linux, false, {}}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  ASSERT_TRUE(GetErrorDetails(status).has_value());
  EXPECT_EQ(GetErrorDetails(status)->reason, reason::kUnsupportedTarget);
  EXPECT_EQ(GetErrorDetails(status)->field, "target");
}

}  // namespace
}  // namespace springboard
