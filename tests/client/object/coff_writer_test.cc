// COFF objects, as LLVM's tools read and link them.

#include "client/object/coff_writer.h"

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
using testing::Not;

constexpr const char* kReadobj = "/usr/bin/llvm-readobj-14";

struct Platform {
  Target target;
  const char* machine;  // lld-link's
  const char* triple;   // clang's
};
constexpr Platform kPlatforms[] = {{Target::kX64Windows, "x64", "x86_64-windows-msvc"},
                                   {Target::kA64Windows, "arm64", "aarch64-windows-msvc"}};

std::string Coff(const Object& object) {
  const absl::StatusOr<std::string> bytes = WriteCoff(object);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  return bytes.ok() ? *bytes : "";
}

// The file of the object.
std::string Place(const TemporaryFolder& folder, const Object& object) {
  const std::string path = folder.File("object.obj");
  EXPECT_TRUE(WriteFile(path, Coff(object)));
  return path;
}

std::string ReadBack(const Object& object) {
  const TemporaryFolder folder;
  return OutputOf({kReadobj, "--all", "--expand-relocs", Place(folder, object)});
}

TEST(CoffWriter, ReadobjReadsEverythingWithoutAWarning) {
  for (const Platform& platform : kPlatforms) {
    for (const bool pads : {false, true}) {
      const Object object = CompiledObject(platform.target, TypicalSymbols(), pads);
      const std::string text = ReadBack(object);
      EXPECT_THAT(text, HasSubstr("TimeDateStamp: 1970-01-01 00:00:00"));
      size_t framed = 0;
      for (const ObjectFunction& function : object.functions) {
        const std::string symbol = Between(text, "Name: " + function.name + "\n", "\n  }");
        EXPECT_THAT(symbol, HasSubstr("Section: .text"));
        EXPECT_THAT(symbol, HasSubstr("ComplexType: Function"));
        EXPECT_THAT(symbol, HasSubstr("StorageClass: External"));
        EXPECT_THAT(symbol, HasSubstr(absl::StrCat("TotalSize: ", function.code.size(), "\n")));
        const std::string callee = Between(text, "Name: " + function.callee + "\n", "\n  }");
        EXPECT_THAT(callee, HasSubstr("Section: IMAGE_SYM_UNDEFINED"));
        EXPECT_THAT(callee, HasSubstr("StorageClass: External"));
        framed += !function.rows.empty();
      }
      EXPECT_EQ(CountOf(text, "Name: .text (2E 74"), object.functions.size());
      EXPECT_EQ(CountOf(text, "Selection: NoDuplicates"), object.functions.size());
      EXPECT_EQ(CountOf(text, "Selection: Associative"), 2 * framed);
      EXPECT_EQ(CountOf(text, "Name: .pdata (2E 70"), framed);
    }
  }
}

// The first two lines of each function; then what unwinds its frame.
TEST(CoffWriter, UnwindInformationOfX64) {
  const Object object =
      CompiledObject(Target::kX64Windows, {{"checksum", "u64(u64,buffer,u32)"},
                                           {"many",
                                            "u8(u64,u64,u64,u64,u64,u64,u64,u64,u64,u64,u64,"
                                            "u64,u64,u64,u64,u64,u64,u64,u64,u64)"}});
  const std::string text = ReadBack(object);
  const std::string pushes = Between(text, "StartAddress: __springboard_checksum", "\n  }\n");
  EXPECT_THAT(pushes, HasSubstr("EndAddress: __springboard_checksum +0x26"));
  EXPECT_THAT(pushes, HasSubstr("Version: 1\n      Flags [ (0x0)\n      ]\n      PrologSize: 5\n"));
  EXPECT_THAT(pushes, HasSubstr("UnwindCodes [\n"
                                "        0x05: ALLOC_SMALL size=32\n"
                                "        0x01: PUSH_NONVOL reg=RBX\n"
                                "      ]"));
  const std::string large = Between(text, "StartAddress: __springboard_many", "\n  }\n");
  EXPECT_THAT(large, HasSubstr("        0x07: ALLOC_LARGE size=168\n      ]"));
}

TEST(CoffWriter, UnwindInformationOfArm64) {
  const std::string text = ReadBack(CompiledObject(
      Target::kA64Windows, {{"checksum", "u64(u64,buffer,u32)"}, {"swap16", "u16(u16)"}}, true));
  EXPECT_THAT(Between(text, "Function: __springboard_checksum", "\n  }\n"),
              HasSubstr("    Prologue [\n"
                        "        0xd041              ; str x20, [sp, #8]\n"));
}

// Of an image that refers to one function alone.
TEST(CoffWriter, LldLinksWhatIsReferredTo) {
  for (const Platform& platform : kPlatforms) {
    const Object object = CompiledObject(platform.target, TypicalSymbols());
    const TemporaryFolder folder;
    ASSERT_TRUE(WriteFile(folder.File("callees.c"), EmptyCallees(object)));
    OutputOf({"/usr/bin/clang-14", absl::StrCat("--target=", platform.triple), "-c",
              folder.File("callees.c"), "-o", folder.File("callees.obj")});
    OutputOf({"/usr/bin/lld-link-14", "/dll", "/noentry", "/nodefaultlib", "/opt:ref", "/guard:cf",
              absl::StrCat("/machine:", platform.machine), "/export:__springboard_checksum",
              "/out:" + folder.File("image.dll"), Place(folder, object),
              folder.File("callees.obj")});
    const std::string text =
        OutputOf({kReadobj, "--all", "--coff-exports", folder.File("image.dll")});
    EXPECT_EQ(CountOf(text, "  RuntimeFunction {"), 1U) << text;
  }
}

}  // namespace
}  // namespace springboard
