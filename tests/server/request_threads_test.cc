// One handler that answers many threads at once, as a server's does: tools/test-threads runs it
// under ThreadSanitizer.

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "common/signing.h"
#include "proto/conversion.h"
#include "proto/signed_content.h"
#include "server/access_policy.h"
#include "server/request_handler.h"
#include "tests/support/answered_batch.h"
#include "tests/support/files.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

constexpr int kThreads = 8;
constexpr int kRounds = 100;

TEST(RequestThreadsTest, OneHandlerAnswersManyThreads) {
  const TemporaryFolder folder;
  const std::string key = folder.File("key");
  ASSERT_EQ(
      RunProgram({"/usr/bin/openssl", "genpkey", "-algorithm", "ed25519", "-out", key}).exit_code,
      0);
  ASSERT_EQ(RunProgram({"/usr/bin/openssl", "pkey", "-pubout", "-in", key, "-out", key + ".pub"})
                .exit_code,
            0);
  const RequestHandler handler(RequestLimits(), *SigningKey::Read(key));
  const PinnedKeys keys = *PinnedKeys::Read(key + ".pub");
  const AccessPolicy policy = *AccessPolicy::Parse("/a/* san:*.example token\n");
  v1::BatchCompileTrampolinesRequest batch;
  for (const Target target : {Target::kX64SystemV, Target::kX64Windows, Target::kA64Apple,
                              Target::kA64Linux, Target::kA64Windows}) {
    for (const char* const signature : {"u8(u8)", "u64(buffer,i32,f32)", "void()"}) {
      *batch.add_requests() = ToProto(CompileRequest{*Signature::Parse(signature), target});
    }
  }
  v1::BatchCompileTrampolinesResponse expected;
  Work work;
  ASSERT_TRUE(AnswerBatch(
                  handler, batch, [] { return false; }, &expected, &work)
                  .ok());
  std::atomic<bool> is_cancelled = false;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        v1::BatchCompileTrampolinesResponse response;
        Work own_work;
        const absl::Status status = AnswerBatch(
            handler, batch, [&] { return is_cancelled.load(); }, &response, &own_work);
        const bool is_good =
            status.code() == absl::StatusCode::kCancelled ||
            (status.ok() && response.SerializeAsString() == expected.SerializeAsString() &&
             keys.Verify(SignedContentOf(batch, response), response.signature().ed25519()));
        v1::Capabilities capabilities;
        const bool is_known = handler.Answer(v1::GetCapabilitiesRequest(), &capabilities).ok() &&
                              policy.Allows(Caller{{"x.example"}, {}, false}, "/a/B");
        if (!is_good || !is_known) ++wrong;
        is_cancelled = round % 16 == 15;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace springboard
