#include "client/manifest/text_manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/client/manifest/manifest_text.h"

namespace springboard {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

absl::StatusOr<Manifest> Read(const std::string& text) {
  std::istringstream input(text);
  return ReadTextManifest(input, "m.textproto");
}

TEST(TextManifestTest, SymbolsAreInTheirOrder) {
  const absl::StatusOr<Manifest> manifest = Read(R"x(# proto-message: springboard.v1.Manifest
symbol { name: "pow" signature: "f64(f64,f64)" }

symbol {
  # What zlib says.
  signature: "u64(u64, buffer, u32)"  # { "
  name: 'crc' '32'
}
symbol: < name: "abs", signature: "i32(i32)"; >
)x");
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_THAT(Lines(*manifest), ElementsAre("m.textproto:2 pow f64(f64,f64) v8-10 any",
                                            "m.textproto:4 crc32 u64(u64,buffer,u32) v8-10 any",
                                            "m.textproto:9 abs i32(i32) v8-10 any"));
  EXPECT_TRUE(manifest->left_out.empty());
}

TEST(TextManifestTest, MayBeEmpty) {
  for (const char* text : {"", "\n", "# nothing", "target: \"x86_64-sysv\""}) {
    const absl::StatusOr<Manifest> manifest = Read(text);
    ASSERT_TRUE(manifest.ok()) << manifest.status();
    EXPECT_TRUE(manifest->symbols.empty());
  }
}

TEST(TextManifestTest, SymbolsWithoutTargetsHaveThoseOfTheFileWhereverTheyAre) {
  const absl::StatusOr<Manifest> manifest = Read(R"x(target: "aarch64-linux"
symbol { name: "a" signature: "void()" }
symbol { name: "b" signature: "void()" target: "x86_64-windows" profile: "v8-10" }
symbol { name: "c" signature: "void()" target: ["aarch64-apple", "x86_64-sysv", "aarch64-apple"] }
target: ["x86_64-sysv", "aarch64-linux"]
profile: "v8-10"
)x");
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_THAT(Lines(*manifest),
              ElementsAre("m.textproto:2 a void() v8-10 x86_64-sysv,aarch64-linux",
                          "m.textproto:3 b void() v8-10 x86_64-windows",
                          "m.textproto:4 c void() v8-10 x86_64-sysv,aarch64-apple"));
}

TEST(TextManifestTest, ANameHasASignatureForEachTarget) {
  const absl::StatusOr<Manifest> manifest = Read(R"x(target: ["x86_64-sysv", "aarch64-linux"]
symbol { name: "crc32" signature: "u64(u64,buffer,u32)" }
symbol { name: "crc32" signature: "u32(u32,buffer,u32)" target: "x86_64-windows" }
)x");
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->symbols.size(), 2u);
}

TEST(TextManifestTest, TheSameTwiceIsThereOnce) {
  const absl::StatusOr<Manifest> manifest = Read(R"x(
symbol { name: "a" signature: "void()" }
symbol { name: "b" signature: "void()" }
symbol { name: "a" signature: " void ( ) " }
)x");
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_THAT(Lines(*manifest),
              ElementsAre("m.textproto:2 a void() v8-10 any", "m.textproto:3 b void() v8-10 any"));
}

TEST(TextManifestTest, ALargeOneIsReadInPiecesWithTheSamePlaces) {
  // Several pieces of 64 KiB, with comments and blank lines between.
  constexpr int kSymbols = 5000;
  std::string text;
  for (int i = 0; i < kSymbols; ++i) {
    absl::StrAppend(&text, "# {\nsymbol {\n  name: \"f", i, "\"\n\n  signature: \"u8(u8)\"\n}\n");
  }
  const absl::StatusOr<Manifest> manifest = Read(text);
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  ASSERT_EQ(manifest->symbols.size(), static_cast<size_t>(kSymbols));
  for (int i = 0; i < kSymbols; ++i) {
    ASSERT_EQ(manifest->symbols[i].name, absl::StrCat("f", i));
    ASSERT_EQ(manifest->symbols[i].origin, absl::StrCat("m.textproto:", 6 * i + 2));
  }
  EXPECT_THAT(
      ErrorText(
          Read(text + "target: []\nsymbol {\n name: \"x\" signature:\n \"u9()\"}\n").status()),
      StartsWith("UNKNOWN_TYPE at m.textproto:30003: symbol[5000].signature.result: "));
}

struct WrongText {
  const char* text;
  const char* error;  // How it begins.
};

TEST(TextManifestTest, ErrorsHaveFileLineFieldRuleAndValue) {
  const WrongText rows[] = {
      // What is not in the format.
      {"symbol { name: \"f\" signature: \"void()\"\n",
       "MALFORMED_MANIFEST at m.textproto:2: symbol[0].signature: "},
      {"\nsymbol { nmae: \"f\" }", "MALFORMED_MANIFEST at m.textproto:2: symbol[0].nmae: "},
      {"\n\nsymbols { }", "MALFORMED_MANIFEST at m.textproto:3: symbols: "},
      {"symbol {}\n symbol { name: 3 }", "MALFORMED_MANIFEST at m.textproto:2: symbol[1].name: "},
      {"symbol { name: \"f\n\" }", "MALFORMED_MANIFEST at m.textproto:1: symbol[0].name: "},
      {"target: \"x86_64-sysv\" }", "MALFORMED_MANIFEST at m.textproto:1: "},
      {"\x01\x02\xFF", "MALFORMED_MANIFEST at m.textproto:1: "},
      {"symbol { name: \"a\" name: \"b\" }",
       "MALFORMED_MANIFEST at m.textproto:1: symbol[0].name: "},
      // Names.
      {"symbol { signature: \"void()\" }",
       "MALFORMED_MANIFEST at m.textproto:1: symbol[0].name: a name has 1 to 4096 bytes; got 0"},
      {"symbol { signature: \"void()\"\n name: \"a b\" }",
       "MALFORMED_MANIFEST at m.textproto:2: symbol[0].name: a name has no spaces and no control "
       "characters; got \"a b\""},
      {"symbol { signature: \"void()\" name: \"a\\000b\" }",
       "MALFORMED_MANIFEST at m.textproto:1: symbol[0].name: a name has no spaces and no control "
       "characters; got \"a\\x00b\""},
      // Signatures.
      {"symbol { name: \"f\" }", "MALFORMED_SIGNATURE at m.textproto:1: symbol[0].signature: "},
      {"symbol { name: \"f\" signature: \"void()\" }\n\nsymbol { name: \"g\"\n\n"
       "  signature: \"void(u8,int)\"\n}",
       "UNKNOWN_TYPE at m.textproto:5: symbol[1].signature.parameters[1]: "},
      {"symbol { name: \"f\" signature: \"u8(void,u8)\" }",
       "VOID_PARAMETER at m.textproto:1: symbol[0].signature.parameters[0]: "},
      // Targets and profiles.
      {"target: \"x86_64-sysv\"\ntarget: \"vax\"", "UNKNOWN_TARGET at m.textproto:2: target[1]: "},
      {"target: [\"x86_64-sysv\",\n\"vax\"]", "UNKNOWN_TARGET at m.textproto:2: target[1]: "},
      {"symbol { name: \"f\" signature: \"void()\"\ntarget: \"x86_64-sysv\" target: \"X86\" }",
       "UNKNOWN_TARGET at m.textproto:2: symbol[0].target[1]: "},
      {"\nprofile: \"v9\"", "UNKNOWN_PROFILE at m.textproto:2: profile: "},
      {"symbol { name: \"f\" signature: \"void()\"\n\nprofile: \"v9\" }",
       "UNKNOWN_PROFILE at m.textproto:3: symbol[0].profile: "},
      {"profile: \"v8-10\"\nprofile: \"v8-10\"", "MALFORMED_MANIFEST at m.textproto:2: profile: "},
      // Duplicates: both places.
      {"symbol { name: \"f\" signature: \"void()\" }\nsymbol { name: \"f\" signature: \"u8()\" }",
       "DUPLICATE_SYMBOL at m.textproto:2: f: a name has one signature and profile for a target; "
       "got u8() of v8-10, and void() of v8-10 at m.textproto:1"},
      {"symbol { name: \"f\" signature: \"void()\" target: \"x86_64-sysv\" }\n"
       "symbol { name: \"f\" signature: \"u8()\" target: [\"x86_64-sysv\", \"aarch64-linux\"] }",
       "DUPLICATE_SYMBOL at m.textproto:2: f: a name has one signature and profile for a target; "
       "got u8() of v8-10 for x86_64-sysv aarch64-linux, and void() of v8-10 for x86_64-sysv at "
       "m.textproto:1"},
      {"symbol { name: \"f\" signature: \"void()\" target: \"x86_64-sysv\" }\n"
       "symbol { name: \"f\" signature: \"void()\" }",
       "DUPLICATE_SYMBOL at m.textproto:2: f: "},
  };
  for (const WrongText& row : rows) {
    SCOPED_TRACE(row.text);
    const absl::Status status = Read(row.text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(ErrorText(status), StartsWith(row.error));
  }
}

TEST(TextManifestTest, LongThingsAreRefusedAndNotShownWhole) {
  const std::string long_name(4097, 'n');
  EXPECT_THAT(
      ErrorText(Read("symbol { signature: \"void()\" name: \"" + long_name + "\" }").status()),
      StartsWith("MALFORMED_MANIFEST at m.textproto:1: symbol[0].name: a name has 1 to 4096 bytes; "
                 "got 4097"));
  std::string many = "symbol { name: \"f\" signature: \"void(u8";
  for (int i = 0; i < 256; ++i) many += ",u8";
  EXPECT_THAT(ErrorText(Read(many + ")\" }").status()),
              StartsWith("TOO_MANY_PARAMETERS at m.textproto:1: symbol[0].signature.parameters: "));
  // One field that never ends.
  const std::string endless = "\nsymbol { name: \"" + std::string(17 << 20, 'n');
  const std::string error = ErrorText(Read(endless).status());
  EXPECT_THAT(error, StartsWith("MALFORMED_MANIFEST at m.textproto:1: "));
  EXPECT_LT(error.size(), 2000u);
}

TEST(TextManifestTest, DeepNestingIsRefused) {
  std::string text;
  for (int i = 0; i < 100000; ++i) text += "symbol {";
  EXPECT_THAT(ErrorText(Read(text).status()), StartsWith("MALFORMED_MANIFEST at m.textproto:1: "));
}

}  // namespace
}  // namespace springboard
