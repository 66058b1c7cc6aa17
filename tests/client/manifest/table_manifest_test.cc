#include "client/manifest/table_manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "tests/client/manifest/manifest_text.h"

namespace springboard {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

absl::StatusOr<Manifest> Read(const std::string& text) {
  std::istringstream input(text);
  return ReadTableManifest(input, "t.json");
}

TEST(TableManifestTest, SymbolsAreInTheirOrderByTheLibrarysNames) {
  const absl::StatusOr<Manifest> manifest = Read(R"({
  "pow": {"parameters": ["f64", "f64"], "result": "f64"},
  "abs":
    {"name": "labs", "parameters": ["i64"], "result": "i64", "optional": true},
  "write": {
    "parameters": ["i32", "buffer", "usize"],
    "result": "isize",
    "nonblocking": false
  }
})");
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_THAT(Lines(*manifest),
              ElementsAre("t.json:2 pow f64(f64,f64) v8-10 any", "t.json:3 labs i64(i64) v8-10 any",
                          "t.json:5 write isize(i32,buffer,usize) v8-10 any"));
  EXPECT_TRUE(manifest->left_out.empty());
}

TEST(TableManifestTest, MayBeEmpty) { EXPECT_TRUE(Read("{}")->symbols.empty()); }

TEST(TableManifestTest, KeysOfOneFunctionAreOneSymbol) {
  const absl::StatusOr<Manifest> manifest = Read(R"({
  "first": {"name": "f", "parameters": [], "result": "u8"},
  "second": {"name": "f", "parameters": [], "result": "u8"}})");
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_THAT(Lines(*manifest), ElementsAre("t.json:2 f u8() v8-10 any"));
}

TEST(TableManifestTest, WhatHasNoFastCallIsLeftOutWithTheReason) {
  const absl::StatusOr<Manifest> manifest = Read(R"({
  "f": {"parameters": [], "result": "u8"},
  "environ": {"type": "pointer"},
  "div": {"parameters": ["i32", "i32"],
          "result": {"struct": ["i32", "i32"]}},
  "sleep": {
    "parameters": ["u32"], "result": "u32",
    "nonblocking": true
  },
  "qsort": {"parameters": ["pointer", "function"], "result": "void", "callback": true}
})");
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->symbols.size(), 1u);
  EXPECT_THAT(
      manifest->left_out,
      ElementsAre(
          "t.json:3: symbols.environ.type: a static is no function",
          StartsWith("t.json:5: symbols.div.result: structs have no fast call; got "),
          "t.json:8: symbols.sleep.nonblocking: such a function has no fast call: leave it out",
          "t.json:10: symbols.qsort.callback: such a function has no fast call: leave it out"));
}

struct WrongTable {
  const char* json;
  const char* error;  // How it begins.
};

TEST(TableManifestTest, ErrorsHaveFileLineFieldRuleAndValue) {
  const WrongTable rows[] = {
      {"", "MALFORMED_SYMBOL_TABLE at t.json:1: symbols: not JSON"},
      {"{\"f\": {\n\"parameters\": [],", "MALFORMED_SYMBOL_TABLE at t.json:2: symbols: not JSON"},
      {"[]", "MALFORMED_SYMBOL_TABLE at t.json:1: symbols: a table is an object; got []"},
      {"{\n\"f\": 7}",
       "MALFORMED_SYMBOL_TABLE at t.json:2: symbols.f: a symbol is an object; got 7"},
      {"{\"f\": {\"result\": \"u8\"}}",
       "MALFORMED_SYMBOL_TABLE at t.json:1: symbols.f: it has no parameters"},
      {"{\"f\": {\"parameters\": [\"u8\",\n\"int\"],\n\"result\": \"u8\"}}",
       "UNKNOWN_TYPE at t.json:2: symbols.f.parameters[1]: a type is one of"},
      {"{\n\"f\": {\"parameters\": [],\n\n\"result\": \"double\"}}",
       "UNKNOWN_TYPE at t.json:4: symbols.f.result: a type is one of"},
      {"{\"f\": {\"parameters\": [\n\"void\"], \"result\": \"u8\"}}",
       "VOID_PARAMETER at t.json:2: symbols.f.parameters[0]: "},
      {"{\"f\": {\"parameters\": [], \"result\": \"u8\",\n\"optional\": 1}}",
       "MALFORMED_SYMBOL_TABLE at t.json:2: symbols.f.optional: true or false; got 1"},
      {"{\"f\": {\"parameters\": [], \"result\": \"u8\",\n\"name\": \"\"}}",
       "MALFORMED_SYMBOL_TABLE at t.json:2: symbols.f.name: "},
      {"{\"f\": {\"parameters\": [], \"result\": \"u8\",\n\"args\": []}}",
       "MALFORMED_SYMBOL_TABLE at t.json:2: symbols.f.args: "},
      {"{\"f\": {\"parameters\": [], \"result\": \"u8\"},\n\n\"f\": {}}",
       "MALFORMED_SYMBOL_TABLE at t.json:3: symbols.f: the name is there twice"},
      {"{\"f\": {\"result\": \"u8\",\n\"parameters\": [], \"result\": \"u8\"}}",
       "MALFORMED_SYMBOL_TABLE at t.json:2: symbols.f.result: it is there twice"},
      {"{\n\"a b\": {\"parameters\": [], \"result\": \"u8\"}}",
       "MALFORMED_MANIFEST at t.json:2: symbols.a b.name: a name has no spaces"},
      {"{\n\"\": {\"parameters\": [], \"result\": \"u8\"}}",
       "MALFORMED_MANIFEST at t.json:2: symbols..name: a name has 1 to 4096 bytes; got 0"},
      {"{\"f\": {\"parameters\": [], \"result\": \"u8\"},\n\"g\": {\"name\": \"f\", "
       "\"parameters\": [], \"result\": \"i8\"}}",
       "DUPLICATE_SYMBOL at t.json:2: f: a name has one signature and profile for a target; got "
       "i8() of v8-10, and u8() of v8-10 at t.json:1"},
  };
  for (const WrongTable& row : rows) {
    SCOPED_TRACE(row.json);
    const absl::Status status = Read(row.json).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(ErrorText(status), StartsWith(row.error));
  }
}

TEST(TableManifestTest, HostileTablesAreRefused) {
  EXPECT_THAT(ErrorText(Read(std::string(1000000, '[')).status()), HasSubstr("nested more than"));
  std::string many = R"({"f": {"result": "u8", "parameters": ["u8")";
  for (int i = 0; i < 256; ++i) many += ",\n\"u8\"";
  EXPECT_THAT(ErrorText(Read(many + "]}}").status()),
              StartsWith("TOO_MANY_PARAMETERS at t.json:1: symbols.f.parameters: "));
  EXPECT_THAT(ErrorText(Read("{\"f\": {\"parameters\": [], \"result\": \"\xFF\"}}").status()),
              StartsWith("MALFORMED_SYMBOL_TABLE at t.json:1: symbols: not JSON"));
}

}  // namespace
}  // namespace springboard
