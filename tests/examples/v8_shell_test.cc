// The JavaScript shell: functions of real libraries, called by optimised code through trampolines.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <string>

#include "tests/support/files.h"
#include "tests/support/subprocess.h"
#include "tests/support/unique_name.h"

namespace springboard {
namespace {

using testing::HasSubstr;

constexpr char kShell[] = "examples/v8/shell";
constexpr char kDemo[] = "examples/v8/demo.js";

// Of `fast calls: 968083 of 1002004`.
double ShareOfFastCalls(const std::string& output) {
  std::smatch match;
  if (!std::regex_search(output, match, std::regex("fast calls: (\\d+) of (\\d+)\n"))) return 0;
  return std::stod(match[1]) / std::stod(match[2]);
}

void ExpectDemo(const ProcessResult& result) {
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("sum of pow - cbrt: 5100000\n"));
  EXPECT_THAT(result.out, HasSubstr("crc32, adler32: 3153298501, 472056988\n"));
  EXPECT_THAT(result.out, HasSubstr("complete statements: 200000\n"));
  EXPECT_THAT(result.out, HasSubstr("rows inserted: 2000\n"));
  EXPECT_THAT(result.out, HasSubstr("optional function left out\n"));
  EXPECT_GT(ShareOfFastCalls(result.out), 0.8) << result.out;
}

TEST(V8ShellTest, CallsLibrariesThroughTrampolinesOfAServer) {
  const std::string address = "unix:/tmp/" + UniqueName();
  RunningProgram server({"server/springboard_server", "--listen=" + address});
  ASSERT_EQ(server.ReadLine(), "listening on " + address);
  const ProcessResult result = RunProgram({kShell, "--server=" + address, kDemo});
  std::cout << result.out;
  ExpectDemo(result);
  EXPECT_THAT(result.out, HasSubstr("\n7 trampolines from server\n"));
  EXPECT_THAT(result.out, testing::Not(HasSubstr("in process")));
}

TEST(V8ShellTest, CallsLibrariesWithoutAServer) {
  const ProcessResult none = RunProgram({kShell, kDemo});
  ExpectDemo(none);
  EXPECT_THAT(none.out, HasSubstr("\n7 trampolines from in process\n"));
  const ProcessResult gone = RunProgram({kShell, "--server=unix:/tmp/" + UniqueName(), kDemo});
  ExpectDemo(gone);
  EXPECT_THAT(gone.out, HasSubstr("\n7 trampolines from in process\n"));
}

// The error that a script ends with.
std::string ErrorOf(const std::string& script) {
  const TemporaryFolder folder;
  EXPECT_TRUE(WriteFile(folder.File("script.js"), script));
  const ProcessResult result = RunProgram({kShell, folder.File("script.js")});
  EXPECT_EQ(result.exit_code, 1) << result.out;
  return result.err;
}

TEST(V8ShellTest, ErrorsSayWhatIsWrongAndWhere) {
  EXPECT_THAT(ErrorOf("\n\ndlopen('libm.so.6', {no: {parameters: [], result: 'void'}});"),
              HasSubstr("script.js:3: Error: libm.so.6 has no function no"));
  EXPECT_THAT(ErrorOf("dlopen('no.so', {});"), HasSubstr("cannot open no.so"));
  EXPECT_THAT(ErrorOf("dlopen('libm.so.6', {pow: {parameters: ['f65'], result: 'f64'}});"),
              HasSubstr("pow: "));
  EXPECT_THAT(ErrorOf("dlopen('libm.so.6', {pow: {result: 'f64'}});"),
              HasSubstr("pow: parameters is an array of types"));
  EXPECT_THAT(ErrorOf("dlopen('libm.so.6', {pow: 1});"), HasSubstr("pow: a symbol is"));
  EXPECT_THAT(ErrorOf("dlopen('libm.so.6');"), HasSubstr("symbols: "));
  EXPECT_THAT(ErrorOf("dlopen('libm.so.6', {cbrt: {parameters: ['f64'], result: 'f64'}})"
                      ".cbrt('eight');"),
              HasSubstr("TypeError: argument 0 must be a f64 in f64(f64)"));
}

TEST(V8ShellTest, WrongUsageIsSaid) {
  EXPECT_EQ(RunProgram({kShell}).exit_code, 2);
  EXPECT_EQ(RunProgram({kShell, "/no/such/script.js"}).exit_code, 2);
  EXPECT_THAT(RunProgram({kShell, "--help"}).err, HasSubstr("usage: shell"));
}

}  // namespace
}  // namespace springboard
