// A runtime's own test of what it does when its server does wrong.
#include <gtest/gtest.h>

#include "client/client.h"
#include "client/source/in_process_source.h"
#include "client/source/remote_source.h"
#include "client/testing/faulty_server.h"

namespace sb = springboard;

uint32_t Twice(uint32_t value) { return 2 * value; }

TEST(FallbackTest, LinksAreRightThoughTheServerIsNot) {
  const auto server = sb::FaultyServer::Start();
  ASSERT_TRUE(server.ok()) << server.status();
  sb::ClientOptions options;
  options.server = std::make_shared<sb::RemoteSource>((*server)->address());
  options.in_process = std::make_shared<sb::InProcessSource>();
  const auto client = sb::Client::Create(options);
  ASSERT_TRUE(client.ok()) << client.status();

  sb::ServerFaults faults;
  faults.gives_wrong_code = true;  // Or delay, error, gives_garbage, api_version.
  (*server)->SetFaults(faults);
  const auto twice =
      (*client)->Link(*sb::Signature::Parse("u32(u32)"), reinterpret_cast<const void*>(&Twice));
  ASSERT_TRUE(twice.ok()) << twice.status();
  EXPECT_EQ((twice->As<uint32_t(void*, uint32_t)>()(nullptr, 21)), 42u);
  EXPECT_EQ((*client)->Stats().rejected, 1u);
}
