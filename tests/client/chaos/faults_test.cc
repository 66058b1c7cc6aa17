// What goes wrong with a server while 32 threads link through it: whatever it is, links are right
// and soon there, and are counted.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "client/client.h"
#include "client/log.h"
#include "client/source/in_process_source.h"
#include "client/source/remote_source.h"
#include "client/testing/faulty_server.h"
#include "tests/client/chaos/linking_threads.h"
#include "tests/client/chaos/server_victim.h"

namespace springboard {
namespace {

using testing::HasSubstr;

constexpr absl::Duration kWhile = absl::Milliseconds(1500);

// Something that can go wrong with a server, and be right again.
class Fault {
 public:
  virtual ~Fault() = default;
  virtual const std::string& address() const = 0;
  virtual void Begin() = 0;
  virtual void End() = 0;
  // In the error of the server.
  virtual std::string error() const = 0;
};

class Killed final : public Fault {
 public:
  Killed() { server_.AwaitReady(); }
  const std::string& address() const override { return server_.address(); }
  void Begin() override { server_.Kill(); }
  void End() override { server_.Start(); }
  std::string error() const override { return "UNAVAILABLE"; }

 private:
  ServerVictim server_{"server/springboard_server"};
};

class Stopped final : public Fault {
 public:
  Stopped() { server_.AwaitReady(); }
  const std::string& address() const override { return server_.address(); }
  void Begin() override { server_.Stop(); }
  void End() override { server_.Continue(); }
  std::string error() const override { return "DEADLINE_EXCEEDED"; }

 private:
  ServerVictim server_{"server/springboard_server"};
};

// It cannot take a connection after one that was lost.
class OutOfDescriptors final : public Fault {
 public:
  OutOfDescriptors() { server_.AwaitReady(); }
  const std::string& address() const override { return server_.address(); }
  void Begin() override {
    server_.Kill();
    server_.Start();
    server_.AwaitReady();
    server_.LimitDescriptors(3);
  }
  void End() override { server_.LimitDescriptors(1000); }
  std::string error() const override { return "server unix:"; }

 private:
  ServerVictim server_{"server/springboard_server"};
};

class Faulty final : public Fault {
 public:
  Faulty(const ServerFaults& faults, std::string error)
      : faults_(faults), error_(std::move(error)) {}
  const std::string& address() const override { return server_->address(); }
  void Begin() override { server_->SetFaults(faults_); }
  void End() override { server_->SetFaults({}); }
  std::string error() const override { return error_; }

 private:
  const std::unique_ptr<FaultyServer> server_ = *FaultyServer::Start();
  const ServerFaults faults_;
  const std::string error_;
};

std::unique_ptr<Fault> MakeFault(const std::string& name) {
  ServerFaults faults;
  if (name == "Killed") return std::make_unique<Killed>();
  if (name == "Stopped") return std::make_unique<Stopped>();
  if (name == "OutOfDescriptors") return std::make_unique<OutOfDescriptors>();
  if (name == "Replaced") {
    faults.api_version = "2.0";
    return std::make_unique<Faulty>(faults, "has API 2.0, codegen version 99; this client has API");
  }
  if (name == "Late") {
    faults.delay = absl::Seconds(2);
    return std::make_unique<Faulty>(faults, "DEADLINE_EXCEEDED");
  }
  if (name == "WrongCode") {
    faults.gives_wrong_code = true;
    return std::make_unique<Faulty>(faults, "CODE_REJECTED");
  }
  faults.gives_garbage = true;
  return std::make_unique<Faulty>(faults, "");
}

class FaultsTest : public testing::TestWithParam<const char*> {
 protected:
  FaultsTest() : fault_(MakeFault(GetParam())) {
    SetClientLogSink([](absl::string_view /*line*/) {});
  }
  ~FaultsTest() override { SetClientLogSink(nullptr); }

  std::unique_ptr<Client> MakeClient(bool require_remote) {
    ClientOptions options;
    options.server = std::make_shared<RemoteSource>(fault_->address());
    options.in_process = std::make_shared<InProcessSource>();
    options.require_remote = require_remote;
    options.timeout = absl::Seconds(require_remote ? 0.5 : 10);
    options.cache_bytes = 0;
    absl::StatusOr<std::unique_ptr<Client>> client = Client::Create(std::move(options));
    EXPECT_TRUE(client.ok()) << client.status();
    return *std::move(client);
  }

  // Until the server gives trampolines (again).
  static bool AwaitUse(const Client& client) {
    const uint64_t before = TrampolinesFrom(client.Stats(), "server");
    const absl::Time deadline = absl::Now() + absl::Seconds(10);
    while (TrampolinesFrom(client.Stats(), "server") == before) {
      if (absl::Now() > deadline) return false;
      absl::SleepFor(absl::Milliseconds(10));
    }
    return true;
  }

  const std::unique_ptr<Fault> fault_;
};

INSTANTIATE_TEST_SUITE_P(Faults, FaultsTest,
                         testing::Values("Killed", "Stopped", "OutOfDescriptors", "Replaced",
                                         "Late", "WrongCode", "Garbage"),
                         [](const auto& fault) { return fault.param; });

TEST_P(FaultsTest, TheFallbackLinksRightlyWithinASecond) {
  const auto client = MakeClient(/*require_remote=*/false);
  LinkingThreads threads(*client);
  ASSERT_TRUE(AwaitUse(*client));
  fault_->Begin();
  absl::SleepFor(kWhile);
  const SourceCounts counts = client->Stats();
  fault_->End();
  EXPECT_TRUE(AwaitUse(*client)) << "the server works again";
  const LinkTally tally = threads.Stop();
  EXPECT_GT(tally.links, 1000u);
  EXPECT_EQ(tally.wrong, 0u);
  EXPECT_EQ(tally.failed, 0u) << tally.last_failure;
  EXPECT_EQ(tally.late, 0u) << "the longest took " << tally.longest;
  EXPECT_GT(TrampolinesFrom(counts, "in process"), 0u);
  EXPECT_GT(counts.fallbacks, 0u);
  EXPECT_GT(counts.circuit_openings, 0u);
  EXPECT_THAT(counts.last_error.ToString(), HasSubstr(fault_->error()));
}

TEST_P(FaultsTest, WithoutAFallbackNoCallLastsLongerThanItsDeadline) {
  const auto client = MakeClient(/*require_remote=*/true);
  LinkingThreads threads(*client);
  ASSERT_TRUE(AwaitUse(*client));
  fault_->Begin();
  absl::SleepFor(kWhile);
  fault_->End();
  EXPECT_TRUE(AwaitUse(*client)) << "the server works again";
  const LinkTally tally = threads.Stop();
  EXPECT_EQ(tally.wrong, 0u);
  EXPECT_GT(tally.failed, 0u);
  EXPECT_EQ(tally.late, 0u) << "the longest took " << tally.longest;
}

}  // namespace
}  // namespace springboard
