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

constexpr const char* kReadobj = "/usr/bin/llvm-readobj-14";
constexpr const char* kObjdump = "/usr/bin/llvm-objdump-14";

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
  std::string path = folder.File("object.obj");
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

TEST(CoffWriter, UnwindInformationOfX64) {
  std::string many = "u64";
  for (int i = 1; i < 40; ++i) many += ",u64";
  const Object object =
      CompiledObject(Target::kX64Windows, {{"register", "u64(u64,buffer)"},
                                           {"pushed", "u8(u64,u64,u64,u64,u64,u64)"},
                                           {"many", "u8(" + many + ")"}});
  const std::string text = ReadBack(object);
  const std::string saved = Between(text, "StartAddress: __springboard_register", "\n  }\n");
  EXPECT_THAT(saved, HasSubstr("EndAddress: __springboard_register +0x1E"));
  EXPECT_THAT(saved, HasSubstr("Version: 1\n      Flags [ (0x0)\n      ]\n      PrologSize: 5\n"));
  EXPECT_THAT(saved, HasSubstr("UnwindCodes [\n"
                               "        0x05: ALLOC_SMALL size=32\n"
                               "        0x01: PUSH_NONVOL reg=RBX\n"
                               "      ]"));
  const std::string pushed = Between(text, "StartAddress: __springboard_pushed", "\n  }\n");
  EXPECT_THAT(pushed, HasSubstr("UnwindCodes [\n"
                                "        0x0D: ALLOC_SMALL size=32\n"
                                "        0x09: ALLOC_SMALL size=8\n"
                                "        0x05: ALLOC_SMALL size=8\n"
                                "        0x01: ALLOC_SMALL size=8\n"  // Padding.
                                "      ]"));
  const std::string copied = Between(text, "StartAddress: __springboard_many", "\n  }\n");
  EXPECT_THAT(copied, HasSubstr("        0x07: ALLOC_LARGE size=328\n      ]"));
}

TEST(CoffWriter, UnwindInformationOfArm64) {
  const Object object = CompiledObject(Target::kA64Windows,
                                       {{"checksum", "u64(u64,buffer,u32)"},
                                        {"stacked", "u64(f64,f64,f64,f64,f64,f64,f64,f64,f64)"},
                                        {"swap16", "u16(u16)"}},
                                       true);
  const std::string text = ReadBack(object);
  const std::string checksum = Between(text, "Function: __springboard_checksum", "\n  }\n");
  EXPECT_THAT(checksum, HasSubstr("FunctionLength: 52\n"));
  EXPECT_THAT(checksum, HasSubstr("      Prologue [\n"
                                  "        0xe1                ; mov fp, sp\n"
                                  "        0x83                ; stp x29, x30, [sp, #-32]!\n"
                                  "        0xe3                ; nop\n"  // bti c
                                  "        0xe4                ; end\n"
                                  "      ]\n"
                                  "      Epilogue [\n"
                                  "        0x83                ; ldp x29, x30, [sp], #32\n"
                                  "        0xe4                ; end\n"
                                  "      ]\n"));
  const std::string stacked = Between(text, "Function: __springboard_stacked", "\n  }\n");
  EXPECT_THAT(stacked, HasSubstr("      Prologue [\n"
                                 "        0xe202              ; add fp, sp, #16\n"
                                 "        0x42                ; stp x29, x30, [sp, #16]\n"
                                 "        0x02                ; sub sp, #32\n"
                                 "        0xe3                ; nop\n"
                                 "        0xe4                ; end\n"
                                 "      ]\n"
                                 "      Epilogue [\n"
                                 "        0x42                ; ldp x29, x30, [sp, #16]\n"
                                 "        0x02                ; add sp, #32\n"
                                 "        0xe4                ; end\n"
                                 "      ]\n"));
  EXPECT_THAT(Between(text, "Function: __springboard_swap16", "\n  }\n"),
              HasSubstr("      Prologue [\n"
                        "        0xe1                ; mov fp, sp\n"
                        "        0x81                ; stp x29, x30, [sp, #-16]!\n"
                        "        0xe3                ; nop\n"
                        "        0xe4                ; end\n"
                        "      ]\n"
                        "      Epilogue [\n"
                        "        0x81                ; ldp x29, x30, [sp], #16\n"
                        "        0xe4                ; end\n"
                        "      ]\n"));
}

// However far the frame record is from sp.
TEST(CoffWriter, OneEntryOfALargeFrameOfArm64) {
  std::string many = "f64";
  for (int i = 1; i < 100; ++i) many += ",f64";
  const std::string text =
      ReadBack(CompiledObject(Target::kA64Windows, {{"many", "u64(" + many + ")"}}));
  EXPECT_EQ(CountOf(text, "  RuntimeFunction {"), 1U);
  EXPECT_THAT(Between(text, "Function: __springboard_many", "\n  }\n"),
              testing::AllOf(HasSubstr("; stp x29, x30, [sp, #-16]!\n"), HasSubstr("; sub sp, #")));
}

// As many pushes as the prologue has room for, and more: what is described has at most 255 bytes.
TEST(CoffWriter, PushesWhatTheProloguesOfX64HaveRoomFor) {
  for (int buffers = 0; buffers <= 26; ++buffers) {
    std::vector<ObjectSymbol> symbols;
    for (int numbers = 0; numbers <= 40; ++numbers) {
      std::string parameters = "u64,u64,u64,u64";
      for (int i = 0; i < buffers; ++i) parameters += ",buffer";
      for (int i = 0; i < numbers; ++i) parameters += ",u64";
      symbols.push_back({absl::StrCat("f", numbers), absl::StrCat("u8(", parameters, ")")});
    }
    const absl::StatusOr<std::string> bytes =
        WriteCoff(CompiledObject(Target::kX64Windows, symbols));
    EXPECT_TRUE(bytes.ok()) << bytes.status() << ", " << buffers << " buffers";
  }
}

// Windows' control flow guard, and its list of exception continuations.
TEST(CoffWriter, SaysThatItNeedsNoGuardTables) {
  for (const Platform& platform : kPlatforms) {
    const std::string text = ReadBack(CompiledObject(platform.target, TypicalSymbols()));
    EXPECT_THAT(Between(text, "Name: @feat.00", "\n  }"),
                HasSubstr("Value: 18432\n    Section: IMAGE_SYM_ABSOLUTE (-1)"));
  }
}

// An image that refers to one function, and has no others.
TEST(CoffWriter, LldLinksWhatIsReferredTo) {
  for (const Platform& platform : kPlatforms) {
    const Object object = CompiledObject(platform.target, TypicalSymbols());
    const TemporaryFolder folder;
    ASSERT_TRUE(WriteFile(folder.File("callees.c"), EmptyCallees(object)));
    OutputOf({"/usr/bin/clang-14", absl::StrCat("--target=", platform.triple), "-c",
              folder.File("callees.c"), "-o", folder.File("callees.obj")});
    for (const bool drops : {false, true}) {
      OutputOf({"/usr/bin/lld-link-14", "/dll", "/noentry", "/nodefaultlib", "/guard:cf",
                drops ? "/opt:ref" : "/opt:noref", absl::StrCat("/machine:", platform.machine),
                "/export:__springboard_checksum", "/export:checksum",
                "/out:" + folder.File("image.dll"), Place(folder, object),
                folder.File("callees.obj")});
      const std::string text = OutputOf({kReadobj, "--all", folder.File("image.dll")});
      const size_t entries = CountOf(text, "  RuntimeFunction {");
      if (drops) {
        EXPECT_EQ(entries, 1U);
      } else {
        EXPECT_GT(entries, 5U);
      }
      const std::string code = OutputOf({kObjdump, "-d", folder.File("image.dll")});
      EXPECT_THAT(Between(code, "<__springboard_checksum>:", "\tret"), HasSubstr(" <checksum>\n"));
    }
  }
}

TEST(CoffWriter, CalleesMayBeDefinedInTheSameObject) {
  Object object = CompiledObject(Target::kX64Windows, {{"a", "void()"}, {"b", "void()"}});
  object.functions[1].callee = object.functions[0].name;
  const std::string text = ReadBack(object);
  EXPECT_EQ(CountOf(text, "Name: __springboard_a\n"), 1U);
  EXPECT_EQ(CountOf(text, "Symbol: __springboard_a\n"), 1U) << text;
}

// A framed function has three sections.
TEST(CoffWriter, WritesBigObjectsWhereSectionsAreMany) {
  for (const Platform& platform : kPlatforms) {
    Object object = CompiledObject(platform.target, {{"checksum", "u64(u64,buffer,u32)"}});
    const ObjectFunction function = object.functions[0];
    for (int i = 10000; i < 32000; ++i) {
      object.functions.push_back(function);
      object.functions.back().name += absl::StrCat("_", i);
    }
    const TemporaryFolder folder;
    const std::string path = Place(folder, object);
    const std::string text = OutputOf({kReadobj, "--file-headers", "--symbols", path});
    EXPECT_THAT(text, HasSubstr("SectionCount: 66003\n"));
    EXPECT_THAT(Between(text, "Name: __springboard_checksum_31999\n", "\n  }"),
                HasSubstr("Section: .text (66001)"));
    EXPECT_THAT(text, HasSubstr("AssocSection: .text (66001)"));
    ASSERT_TRUE(WriteFile(folder.File("callees.c"), "int checksum(void) { return 0; }\n"));
    OutputOf({"/usr/bin/clang-14", absl::StrCat("--target=", platform.triple), "-c",
              folder.File("callees.c"), "-o", folder.File("callees.obj")});
    OutputOf({"/usr/bin/lld-link-14", "/dll", "/noentry", "/nodefaultlib", "/opt:noicf",
              absl::StrCat("/machine:", platform.machine), "/export:__springboard_checksum_31999",
              "/opt:noref", "/out:" + folder.File("image.dll"), path, folder.File("callees.obj")});
  }
}

TEST(CoffWriter, GivesTheSameBytesForTheSameObject) {
  for (const Platform& platform : kPlatforms) {
    EXPECT_EQ(Coff(CompiledObject(platform.target, TypicalSymbols())),
              Coff(CompiledObject(platform.target, TypicalSymbols())));
  }
}

TEST(CoffWriter, WritesAnObjectWithoutFunctions) {
  for (const Platform& platform : kPlatforms) ReadBack(Object{platform.target, false, {}});
}

void ExpectError(const Object& object, absl::string_view reason, const std::string& field) {
  const absl::Status status = WriteCoff(object).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  const auto details = GetErrorDetails(status);
  ASSERT_TRUE(details.has_value()) << status;
  EXPECT_EQ(details->reason, reason) << status;
  EXPECT_EQ(details->field, field) << status;
}

TEST(CoffWriter, RefusesWhatItCannotWrite) {
  ExpectError({Target::kA64Linux, false, {}}, reason::kUnsupportedTarget, "target");
  for (const Platform& platform : kPlatforms) {
    const Object object = CompiledObject(
        platform.target, {{"a", "void()"}, {"b", "u64(u64,buffer,u32)"}, {"c", "u8()"}});
    Object frame = object;
    frame.functions[1].rows.pop_back();
    frame.functions[1].code.back() = 0;
    ExpectError(frame, reason::kMalformedCode, "functions[1].rows");

    Object name = object;
    name.functions[2].name = std::string(5000, 'c');
    ExpectError(name, reason::kOutOfRange, "functions[2].name");
  }
}

}  // namespace
}  // namespace springboard
