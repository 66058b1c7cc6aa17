#include "client/symbol_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "client/source/in_process_source.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

using testing::HasSubstr;

TEST(SymbolTableTest, IsReadInItsOrder) {
  const absl::StatusOr<std::vector<SymbolRequest>> symbols = ParseSymbolTable(R"({
    "write": {"parameters": ["i32", "buffer", "usize"], "result": "isize", "nonblocking": false},
    "abs": {"name": "labs", "parameters": ["i64"], "result": "i64", "optional": true},
    "fork": {"parameters": [], "result": "void", "callback": false}
  })");
  ASSERT_TRUE(symbols.ok()) << symbols.status();
  ASSERT_EQ(symbols->size(), 3u);
  EXPECT_EQ((*symbols)[0].name, "write");
  EXPECT_EQ((*symbols)[0].signature.ToString(), "isize(i32,buffer,usize)");
  EXPECT_EQ((*symbols)[0].symbol, "");
  EXPECT_FALSE((*symbols)[0].is_optional);
  EXPECT_EQ((*symbols)[1].name, "abs");
  EXPECT_EQ((*symbols)[1].symbol, "labs");
  EXPECT_TRUE((*symbols)[1].is_optional);
  EXPECT_EQ((*symbols)[2].signature.ToString(), "void()");
}

TEST(SymbolTableTest, MayBeEmpty) { EXPECT_TRUE(ParseSymbolTable("{}")->empty()); }

struct WrongTable {
  const char* json;
  const char* reason;
  const char* field;
  const char* message;  // A part of it.
};

TEST(SymbolTableTest, WhatIsWrongIsSaidWithItsPlace) {
  const WrongTable tables[] = {
      {"", "MALFORMED_SYMBOL_TABLE", "symbols", "not JSON"},
      {"{\"f\": ", "MALFORMED_SYMBOL_TABLE", "symbols", "not JSON"},
      {"[1]", "MALFORMED_SYMBOL_TABLE", "symbols", "a table is an object; got [1]"},
      {R"({"f": 7})", "MALFORMED_SYMBOL_TABLE", "symbols.f", "a symbol is an object; got 7"},
      {R"({"f": {"result": "u8"}})", "MALFORMED_SYMBOL_TABLE", "symbols.f", "no parameters"},
      {R"({"f": {"parameters": []}})", "MALFORMED_SYMBOL_TABLE", "symbols.f", "no result"},
      {R"({"f": {"parameters": {}, "result": "u8"}})", "MALFORMED_SYMBOL_TABLE",
       "symbols.f.parameters", "an array of types; got {}"},
      {R"({"f": {"parameters": ["u8", "int"], "result": "u8"}})", "UNKNOWN_TYPE",
       "symbols.f.parameters[1]", "got \"int\""},
      {R"({"f": {"parameters": [3], "result": "u8"}})", "UNKNOWN_TYPE", "symbols.f.parameters[0]",
       "got 3"},
      {R"({"f": {"parameters": ["void"], "result": "u8"}})", "VOID_PARAMETER",
       "symbols.f.parameters[0]", "void"},
      {R"({"f": {"parameters": [{"struct": ["u8"]}], "result": "u8"}})", "UNSUPPORTED_SYMBOL",
       "symbols.f.parameters[0]", "structs have no fast call"},
      {R"({"f": {"type": "u8"}})", "UNSUPPORTED_SYMBOL", "symbols.f.type", "a static"},
      {R"({"f": {"parameters": [], "result": "u8", "nonblocking": true}})", "UNSUPPORTED_SYMBOL",
       "symbols.f.nonblocking", "leave it out"},
      {R"({"f": {"parameters": [], "result": "u8", "optional": 1}})", "MALFORMED_SYMBOL_TABLE",
       "symbols.f.optional", "true or false; got 1"},
      {R"({"f": {"parameters": [], "result": "u8", "name": ""}})", "MALFORMED_SYMBOL_TABLE",
       "symbols.f.name", "name of it; got \"\""},
      {R"({"f": {"parameters": [], "result": "u8", "paramters": []}})", "MALFORMED_SYMBOL_TABLE",
       "symbols.f.paramters", "nothing else"},
      {R"({"f": {"parameters": [], "result": "u8"}, "f": {"parameters": [], "result": "u8"}})",
       "MALFORMED_SYMBOL_TABLE", "symbols.f", "twice"},
      {R"({"system\u0000x": {"parameters": [], "result": "u8"}})", "MALFORMED_SYMBOL_TABLE",
       "symbols.system\\x00x", "zero byte"},
      {R"({"f": {"parameters": [], "result": "u8", "name": "system\u0000x"}})",
       "MALFORMED_SYMBOL_TABLE", "symbols.f.name", "the library's name of it"},
  };
  for (const WrongTable& table : tables) {
    const absl::Status status = ParseSymbolTable(table.json).status();
    const ErrorDetails details = GetErrorDetails(status).value_or(ErrorDetails{});
    EXPECT_EQ(details.reason, table.reason) << table.json;
    EXPECT_EQ(details.field, table.field) << table.json;
    EXPECT_THAT(std::string(status.message()), HasSubstr(table.message)) << table.json;
  }
}

TEST(SymbolTableTest, HostileTextIsAnError) {
  const std::string deep = "{\"f\": " + std::string(1000000, '[') + std::string(1000000, ']') + "}";
  EXPECT_THAT(std::string(ParseSymbolTable(deep).status().message()), HasSubstr("deep"));
  EXPECT_FALSE(ParseSymbolTable("{\"\xFF\": {}}").ok());
  EXPECT_FALSE(ParseSymbolTable(absl::string_view("{\0}", 3)).ok());
  const absl::Status raw =
      ParseSymbolTable("{\"f\": \"\xFF\x1B[2J\n" + std::string(1 << 20, 'x')).status();
  EXPECT_LT(raw.message().size(), 2000u);
  EXPECT_THAT(std::string(raw.message()), testing::Not(HasSubstr("\x1B")));
  std::string many = "{\"f\": {\"result\": \"u8\", \"parameters\": [\"u8\"";
  for (int i = 0; i < 300; ++i) many += ",\"u8\"";
  const absl::Status status = ParseSymbolTable(many + "]}}").status();
  EXPECT_EQ(GetErrorDetails(status)->reason, "TOO_MANY_PARAMETERS");
  EXPECT_EQ(GetErrorDetails(status)->field, "symbols.f.parameters");
}

TEST(SymbolTableTest, ALargeOneTakesTimeInProportion) {
  std::string json = "{\"f\": {\"parameters\": [], \"result\": \"u8\"}";
  for (int i = 0; i < 200000; ++i) {
    json += ",\"" + std::to_string(i) + "\":{\"parameters\":[],\"result\":\"u8\"}";
  }
  const absl::StatusOr<std::vector<SymbolRequest>> symbols = ParseSymbolTable(json + "}");
  ASSERT_TRUE(symbols.ok()) << symbols.status();
  EXPECT_EQ(symbols->size(), 200001u);
  EXPECT_EQ(symbols->back().name, "199999");
}

TEST(SymbolTableTest, IsLinkedInOneCall) {
  ClientOptions options;
  options.in_process = std::make_shared<InProcessSource>();
  const absl::StatusOr<std::unique_ptr<Client>> client = Client::Create(options);
  ASSERT_TRUE(client.ok()) << client.status();
  const absl::StatusOr<LinkedLibrary> libm = LinkSymbolTable(**client, "libm.so.6", R"({
    "pow": {"parameters": ["f64", "f64"], "result": "f64"},
    "root": {"name": "sqrt", "parameters": ["f64"], "result": "f64"}
  })");
  ASSERT_TRUE(libm.ok()) << libm.status();
  using Pow = double(void*, double, double);
  EXPECT_EQ(libm->Find("pow")->trampoline.As<Pow>()(nullptr, 2, 10), 1024);
  EXPECT_EQ(libm->Find("root")->trampoline.As<double(void*, double)>()(nullptr, 9), 3);
  const absl::Status status =
      LinkSymbolTable(**client, "libm.so.6", R"({"no_such": {"parameters": [], "result": "u8"}})")
          .status();
  EXPECT_EQ(GetErrorDetails(status)->reason, "SYMBOL_NOT_FOUND");
}

}  // namespace
}  // namespace springboard
