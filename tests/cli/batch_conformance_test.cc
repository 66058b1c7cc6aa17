// 18,000 random signatures for all five targets through the batch command and a server; what comes
// back is executed in Unicorn.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/testing/local_server.h"
#include "tests/conformance/emulator.h"
#include "tests/support/signature_generator.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

constexpr int kSignatures = 18000;

TEST(BatchConformanceTest, EverySignatureOnEveryTarget) {
  const absl::StatusOr<LocalServer> server = LocalServer::Start();
  ASSERT_TRUE(server.ok()) << server.status();
  SignatureGenerator generator(/*seed=*/5);
  std::string input;
  for (int i = 0; i < kSignatures; ++i) {
    const std::string signature = generator.Next().ToString();
    for (const TargetInfo& row : AllTargets()) {
      absl::StrAppend(&input, row.name, "\t", signature, "\n");
    }
  }
  const ProcessResult result = RunProgram(
      {"client/cli/springboard", "compile", "--batch=-", "--server=" + server->address()}, input);
  ASSERT_EQ(result.exit_code, 0) << result.err;

  std::map<Target, std::unique_ptr<Emulator>> emulators;
  for (const TargetInfo& row : AllTargets()) {
    emulators[row.target] = std::make_unique<Emulator>(row.target);
  }
  int lines = 0;
  for (const absl::string_view line : absl::StrSplit(result.out, '\n', absl::SkipEmpty())) {
    const std::vector<absl::string_view> fields = absl::StrSplit(line, '\t');
    ASSERT_EQ(fields.size(), 5u) << line;
    uint32_t callee_offset_bytes = 0;
    ASSERT_TRUE(absl::SimpleAtoi(fields[3], &callee_offset_bytes)) << line;
    const std::string code = absl::HexStringToBytes(fields[4]);
    Emulator& emulator = *emulators[*FindTarget(fields[0])];
    ASSERT_EQ(
        emulator.Run(*Signature::Parse(fields[1]), {code.begin(), code.end()}, callee_offset_bytes),
        "")
        << "springboard compile --format=asm --target=" << fields[0] << " --signature='"
        << fields[1] << "'";
    ++lines;
  }
  EXPECT_EQ(lines, kSignatures * 5);
}

}  // namespace
}  // namespace springboard
