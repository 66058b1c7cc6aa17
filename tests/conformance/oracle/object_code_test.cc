#include "tests/conformance/oracle/object_code.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/conformance/oracle/oracle_compiler.h"
#include "tests/support/files.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

class ObjectCodeTest : public testing::TestWithParam<OracleCompiler> {
 protected:
  static absl::StatusOr<ObjectCode> CompileAndRead(const std::string& source) {
    const TemporaryFolder folder;
    EXPECT_TRUE(WriteFile(folder.File("source.c"), source));
    std::vector<std::string> command = GetParam().command;
    command.insert(command.end(), {folder.File("source.c"), "-o", folder.File("object.o")});
    const ProcessResult result = RunProgram(command);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return ReadObjectCode(ReadFile(folder.File("object.o")));
  }
};

TEST_P(ObjectCodeTest, FindsFunctionsByName) {
  const auto code = CompileAndRead(
      "int springboard_a(int a) { return a; } int springboard_b(void) { return 7; }");
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_FALSE(code->text.empty());
  ASSERT_EQ(code->offsets.count("springboard_a"), 1u);
  ASSERT_EQ(code->offsets.count("springboard_b"), 1u);
  EXPECT_NE(code->offsets.at("springboard_a"), code->offsets.at("springboard_b"));
}

TEST_P(ObjectCodeTest, RefusesRelocations) {
  for (const char* source : {"int g(int); int springboard_a(int a) { return g(a) + 1; }",
                             "extern int v; int springboard_a(void) { return v; }"}) {
    const auto code = CompileAndRead(source);
    EXPECT_EQ(code.status().code(), absl::StatusCode::kInvalidArgument) << source;
  }
}

INSTANTIATE_TEST_SUITE_P(Compilers, ObjectCodeTest, testing::ValuesIn(OracleCompilers()));

TEST(ObjectCodeTest, RefusesWhatIsNoObject) {
  EXPECT_FALSE(ReadObjectCode("").ok());
  EXPECT_FALSE(ReadObjectCode("#include <stdio.h>").ok());
}

}  // namespace
}  // namespace springboard
