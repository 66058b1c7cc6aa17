// The client as an embedder uses it: with a server that does right, one that does wrong, and none.

#include "client/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <functional>
#include <future>
#include <thread>

#include "absl/time/clock.h"
#include "client/host_target.h"
#include "client/log.h"
#include "client/pack/pack.h"
#include "client/source/in_process_source.h"
#include "client/source/pack_source.h"
#include "client/source/remote_source.h"
#include "client/testing/faulty_server.h"
#include "compiler/error_details.h"
#include "tests/support/pack_bytes.h"

namespace springboard {
namespace {

using testing::HasSubstr;

uint16_t Increment(uint16_t value) { return static_cast<uint16_t>(value + 1); }
const void* const kIncrement = reinterpret_cast<const void*>(&Increment);

Signature Parse(const std::string& text) { return *Signature::Parse(text); }

std::string ReasonOf(const absl::Status& status) {
  return GetErrorDetails(status).value_or(ErrorDetails{"none", ""}).reason;
}

uint64_t CountOf(const SourceCounts& counts, const std::string& origin) {
  for (const SourceCounts::Origin& one : counts.origins) {
    if (one.name == origin) return one.trampolines;
  }
  return 0;
}

std::vector<SymbolRequest> MathSymbols() {
  std::vector<SymbolRequest> symbols;
  for (const char* const name :
       {"sin",  "cos",  "tan",  "asin",  "acos",  "atan",  "sinh",  "cosh",
        "tanh", "exp",  "exp2", "expm1", "log",   "log2",  "log10", "log1p",
        "sqrt", "cbrt", "ceil", "rint",  "floor", "trunc", "round", "fabs"}) {
    symbols.push_back({name, Parse("f64(f64)")});
  }
  symbols.push_back({"power", Parse("f64(f64,f64)"), "pow"});
  return symbols;
}

class ClientTest : public testing::Test {
 protected:
  ClientTest() {
    SetClientLogSink([](absl::string_view /*line*/) {});
    absl::StatusOr<std::unique_ptr<FaultyServer>> server = FaultyServer::Start();
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  ~ClientTest() override { SetClientLogSink(nullptr); }

  std::unique_ptr<Client> MakeClient(const std::function<void(ClientOptions&)>& change = {}) {
    ClientOptions options;
    options.server = std::make_shared<RemoteSource>(server_->address());
    options.in_process = std::make_shared<InProcessSource>();
    if (change) change(options);
    absl::StatusOr<std::unique_ptr<Client>> client = Client::Create(std::move(options));
    EXPECT_TRUE(client.ok()) << client.status();
    return *std::move(client);
  }

  static void ExpectLinks(Client& client, const char* signature = "u16(u16)") {
    const absl::StatusOr<BoundTrampoline> bound = client.Link(Parse(signature), kIncrement);
    ASSERT_TRUE(bound.ok()) << bound.status();
    EXPECT_EQ(bound->As<uint32_t(void*, uint32_t)>()(nullptr, 7), 8u);
  }

  // Whether the server gives trampolines again.
  static bool IsUsedSoon(Client& client) {
    const uint64_t before = CountOf(client.Stats(), "server");
    const absl::Time deadline = absl::Now() + absl::Seconds(5);
    for (int i = 0; CountOf(client.Stats(), "server") == before && absl::Now() < deadline; ++i) {
      // Each another signature, so that none is kept.
      std::string longer = "u16(u16,i64";
      for (int parameter = 0; parameter < i % 200; ++parameter) longer += ",u8";
      ExpectLinks(client, (longer + ")").c_str());
      absl::SleepFor(absl::Milliseconds(20));
    }
    return CountOf(client.Stats(), "server") > before;
  }

  std::unique_ptr<FaultyServer> server_;
};

TEST_F(ClientTest, LinksFromAServer) {
  const auto client = MakeClient();
  ExpectLinks(*client);
  ExpectLinks(*client);
  const SourceCounts counts = client->Stats();
  EXPECT_EQ(CountOf(counts, "server"), 1u);
  EXPECT_EQ(CountOf(counts, "in process"), 0u);
  EXPECT_EQ(counts.cache_hits, 1u);
  EXPECT_EQ(counts.last_error, absl::OkStatus());
}

TEST_F(ClientTest, LinksWithoutAServer) {
  const auto client = MakeClient([](ClientOptions& options) { options.server = nullptr; });
  ExpectLinks(*client);
  EXPECT_EQ(CountOf(client->Stats(), "in process"), 1u);
  EXPECT_EQ(server_->calls(), 0u);
}

std::shared_ptr<TrampolineSource> PackWith(const std::string& signature) {
  const CompileRequest request = {Parse(signature), *HostTarget()};
  return std::make_shared<PackSource>(*Pack::Parse(PackOf({request}), "test.pack"));
}

TEST_F(ClientTest, APackIsAskedFirst) {
  const auto client =
      MakeClient([](ClientOptions& options) { options.pack = PackWith("u16(u16)"); });
  ExpectLinks(*client);
  EXPECT_EQ(server_->calls(), 0u);
  ExpectLinks(*client, "u16(u16,u8)");
  EXPECT_EQ(server_->calls(), 1u);
  const SourceCounts counts = client->Stats();
  EXPECT_EQ(CountOf(counts, "pack"), 1u);
  EXPECT_EQ(CountOf(counts, "server"), 1u);
  ASSERT_EQ(counts.origins.front().name, "pack");
  EXPECT_EQ(counts.origins.front().misses, 1u);
  EXPECT_EQ(counts.origins.front().errors, 0u);
  EXPECT_EQ(counts.fallbacks, 0u) << "the pack works: what it does not have is no error";
  EXPECT_EQ(counts.last_error, absl::OkStatus());
}

TEST_F(ClientTest, APackMayBeAllThereIs) {
  const auto client = MakeClient([](ClientOptions& options) {
    options.pack = PackWith("u16(u16)");
    options.server = nullptr;
    options.in_process = nullptr;
  });
  ExpectLinks(*client);
  EXPECT_EQ(ReasonOf(client->Link(Parse("u16(u16,u8)"), kIncrement).status()), "NOT_IN_PACK");
}

TEST_F(ClientTest, APackIsNotAskedWhereTheServerIsRequired) {
  const auto client = MakeClient([](ClientOptions& options) {
    options.pack = PackWith("u16(u16)");
    options.require_remote = true;
  });
  ExpectLinks(*client);
  EXPECT_EQ(CountOf(client->Stats(), "server"), 1u);
}

TEST_F(ClientTest, WithoutAnySourceThereIsNoClient) {
  EXPECT_EQ(ReasonOf(Client::Create({}).status()), "NO_SOURCE");
  ClientOptions options;
  options.in_process = std::make_shared<InProcessSource>();
  options.require_remote = true;
  EXPECT_EQ(ReasonOf(Client::Create(options).status()), "NO_SOURCE");
}

// What can go wrong with a server, and what is done about it.
struct Fault {
  std::string name;
  ServerFaults faults;
  std::string error;  // What the server's error says.
};

std::vector<Fault> Faults() {
  std::vector<Fault> faults(8);
  faults[0].name = "Error";
  faults[0].faults.error = absl::StatusCode::kInternal;
  faults[0].error = "as the test wants it";
  faults[1].name = "Hang";
  faults[1].faults.delay = absl::Seconds(3);
  faults[1].error = "DEADLINE_EXCEEDED";
  faults[2].name = "WrongCode";
  faults[2].faults.gives_wrong_code = true;
  faults[2].error = "CODE_REJECTED";
  faults[3].name = "Garbage";
  faults[3].faults.gives_garbage = true;
  faults[3].error = "";
  faults[4].name = "OtherVersion";
  faults[4].faults.api_version = "2.7";
  faults[4].error = "has API 2.7, codegen version 99; this client has API 1.0, codegen version ";
  faults[5].name = "Unimplemented";
  faults[5].faults.error = absl::StatusCode::kUnimplemented;
  faults[5].error = "does not have springboard.v1";
  // It must not be taken for the caller's own.
  faults[6].name = "Cancelled";
  faults[6].faults.error = absl::StatusCode::kCancelled;
  faults[6].error = "ended the call: CANCELLED: as the test wants it";
  faults[7].name = "Late";
  faults[7].faults.error = absl::StatusCode::kDeadlineExceeded;
  faults[7].error = "ended the call: DEADLINE_EXCEEDED: as the test wants it";
  return faults;
}

class ClientFaultTest : public ClientTest, public testing::WithParamInterface<Fault> {};

INSTANTIATE_TEST_SUITE_P(Faults, ClientFaultTest, testing::ValuesIn(Faults()),
                         [](const testing::TestParamInfo<Fault>& fault) {
                           return fault.param.name;
                         });

TEST_P(ClientFaultTest, TheFallbackLinksWithinASecond) {
  const auto client =
      MakeClient([](ClientOptions& options) { options.backoff.initial = absl::Seconds(10); });
  server_->SetFaults(GetParam().faults);
  const absl::Time start = absl::Now();
  ExpectLinks(*client);
  EXPECT_LT(absl::Now() - start, absl::Seconds(1));
  const SourceCounts counts = client->Stats();
  EXPECT_EQ(CountOf(counts, "server"), 0u);
  EXPECT_EQ(CountOf(counts, "in process"), 1u);
  EXPECT_EQ(counts.fallbacks, 1u);
  EXPECT_EQ(counts.circuit_openings, 1u);
  EXPECT_THAT(counts.last_error.ToString(), HasSubstr(GetParam().error));
  // The server is left alone now.
  const uint64_t calls = server_->calls();
  ExpectLinks(*client, "u16(u16,u8)");
  EXPECT_EQ(server_->calls(), calls);
}

TEST_P(ClientFaultTest, AServerThatIsRequiredGivesItsError) {
  const auto client = MakeClient([](ClientOptions& options) {
    options.require_remote = true;
    options.timeout = absl::Milliseconds(300);
  });
  server_->SetFaults(GetParam().faults);
  const absl::Status status = client->Link(Parse("u16(u16)"), kIncrement).status();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.ToString(), HasSubstr(GetParam().error));
  server_->SetFaults({});
  const absl::StatusOr<BoundTrampoline> bound = client->Link(Parse("u16(u16)"), kIncrement);
  EXPECT_TRUE(bound.ok()) << bound.status();
}

TEST_P(ClientFaultTest, TheServerIsUsedAgainWhenItWorks) {
  const auto client = MakeClient();
  server_->SetFaults(GetParam().faults);
  ExpectLinks(*client);
  server_->SetFaults({});
  EXPECT_TRUE(IsUsedSoon(*client));
}

TEST_F(ClientTest, AServerThatIsGoneAndBackIsUsedAgain) {
  const auto client = MakeClient();
  ExpectLinks(*client);
  ASSERT_TRUE(server_->Disconnect());
  ExpectLinks(*client, "u16(u16,u8)");
  EXPECT_TRUE(IsUsedSoon(*client));
}

// However little time it is given.
TEST_F(ClientTest, AServerThatHangsIsLeftAlone) {
  const auto client = MakeClient([](ClientOptions& options) {
    options.server_patience = absl::Milliseconds(20);
    options.backoff.initial = absl::Seconds(10);
  });
  ServerFaults faults;
  faults.delay = absl::Seconds(3);
  server_->SetFaults(faults);
  std::string signature = "u16(u16";
  for (int i = 0; i < 5; ++i) {
    signature += ",u8";
    ExpectLinks(*client, (signature + ")").c_str());
  }
  EXPECT_EQ(client->Stats().circuit_openings, 1u);
}

TEST_F(ClientTest, LinksWithoutWaiting) {
  auto client = MakeClient();
  std::promise<absl::StatusOr<BoundTrampoline>> linked;
  client->StartLink(Parse("u16(u16)"), kIncrement, {},
                    [&](auto bound) { linked.set_value(std::move(bound)); });
  std::promise<absl::StatusOr<LinkedLibrary>> library;
  client->StartLinkLibrary("libm.so.6", MathSymbols(), {},
                           [&](auto result) { library.set_value(std::move(result)); });
  std::promise<absl::StatusOr<LinkedLibrary>> missing;
  client->StartLinkLibrary("libm.so.6", {{"nothing", Parse("void()")}}, {},
                           [&](auto result) { missing.set_value(std::move(result)); });
  // What is under way goes on.
  client.reset();
  const absl::StatusOr<BoundTrampoline> bound = linked.get_future().get();
  ASSERT_TRUE(bound.ok()) << bound.status();
  EXPECT_EQ(bound->As<uint32_t(void*, uint32_t)>()(nullptr, 7), 8u);
  const absl::StatusOr<LinkedLibrary> libm = library.get_future().get();
  ASSERT_TRUE(libm.ok()) << libm.status();
  EXPECT_EQ(libm->functions().size(), 25u);
  EXPECT_EQ(ReasonOf(missing.get_future().get().status()), "SYMBOL_NOT_FOUND");
}

// The whole call's error is no symbol's.
TEST_F(ClientTest, AnotherVersionIsNotBlamedOnASymbol) {
  const auto client = MakeClient([](ClientOptions& options) { options.require_remote = true; });
  ServerFaults faults;
  faults.api_version = "2.0";
  server_->SetFaults(faults);
  const absl::Status status = client->LinkLibrary("libm.so.6", MathSymbols()).status();
  EXPECT_EQ(ReasonOf(status), "VERSION_MISMATCH");
  EXPECT_EQ(GetErrorDetails(status)->field, "");
}

TEST_F(ClientTest, AServerThatHasNoCapacityIsNotAskedInSmallerPieces) {
  const auto client = MakeClient([](ClientOptions& options) { options.require_remote = true; });
  ServerFaults faults;
  faults.error = absl::StatusCode::kResourceExhausted;
  server_->SetFaults(faults);
  const absl::Status status = client->LinkLibrary("libm.so.6", MathSymbols()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_EQ(server_->calls(), 1u);
}

TEST_F(ClientTest, AServerThatHangsDoesNotHoldUpACallThatIsGivenUp) {
  const auto client = MakeClient([](ClientOptions& options) { options.require_remote = true; });
  ServerFaults faults;
  faults.delay = absl::Seconds(3);
  server_->SetFaults(faults);
  const Cancellation cancellation = Cancellation::New();
  std::thread canceller([&] {
    while (server_->calls() == 0) absl::SleepFor(absl::Milliseconds(1));
    cancellation.Cancel();
  });
  const absl::Time start = absl::Now();
  const absl::Status status =
      client->Link(Parse("u16(u16)"), kIncrement, {absl::InfiniteFuture(), cancellation}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
  EXPECT_LT(absl::Now() - start, absl::Seconds(1));
  canceller.join();
}

// From 32 threads, while the server does everything wrong in turn.
TEST_F(ClientTest, LinksRightlyFromManyThreadsWhateverTheServerDoes) {
  const auto client = MakeClient([](ClientOptions& options) {
    options.cache_bytes = 0;
    options.server_patience = absl::Milliseconds(50);
    options.backoff.initial = absl::Milliseconds(5);
    options.backoff.max = absl::Milliseconds(20);
  });
  std::atomic<bool> is_over = false;
  std::atomic<int> linked = 0;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 32; ++thread) {
    threads.emplace_back([&, thread] {
      std::string text = "u16(u16";
      for (int parameter = 0; parameter < thread % 8; ++parameter) text += ",u8";
      const Signature signature = Parse(text + ")");
      while (!is_over) {
        const absl::StatusOr<BoundTrampoline> bound = client->Link(signature, kIncrement);
        if (bound.ok() && bound->As<uint32_t(void*, uint32_t)>()(nullptr, 7) == 8) {
          ++linked;
        } else {
          ++wrong;
        }
      }
    });
  }
  for (int round = 0; round < 3; ++round) {
    for (const Fault& fault : Faults()) {
      server_->SetFaults(fault.faults);
      absl::SleepFor(absl::Milliseconds(60));
      server_->SetFaults({});
      absl::SleepFor(absl::Milliseconds(60));
    }
    EXPECT_TRUE(server_->Disconnect());
  }
  is_over = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(linked, 1000);
  const SourceCounts counts = client->Stats();
  EXPECT_GT(CountOf(counts, "server"), 0u);
  EXPECT_GT(CountOf(counts, "in process"), 0u);
  EXPECT_GT(counts.rejected, 0u);
}

TEST_F(ClientTest, LinkingALibraryIsOneRoundTrip) {
  const auto client = MakeClient();
  const std::vector<SymbolRequest> symbols = MathSymbols();
  ASSERT_EQ(symbols.size(), 25u);
  const absl::StatusOr<LinkedLibrary> library = client->LinkLibrary("libm.so.6", symbols);
  ASSERT_TRUE(library.ok()) << library.status();
  EXPECT_EQ(server_->calls(), 1u);
  EXPECT_EQ(CountOf(client->Stats(), "server"), 2u) << "one of each signature";
  ASSERT_EQ(library->functions().size(), 25u);
  const LinkedFunction* const power = library->Find("power");
  ASSERT_NE(power, nullptr);
  EXPECT_EQ(power->trampoline.As<double(void*, double, double)>()(nullptr, 2, 10), 1024);
  EXPECT_EQ(power->fast_api.arguments.size(), 3u);
  const LinkedFunction* const cbrt = library->Find("cbrt");
  ASSERT_NE(cbrt, nullptr);
  EXPECT_DOUBLE_EQ(cbrt->trampoline.As<double(void*, double)>()(nullptr, 27), 3);
  EXPECT_EQ(library->Find("pow"), nullptr);
}

TEST_F(ClientTest, ALibraryIsLinkedAsAWholeOrNot) {
  const auto client = MakeClient();
  std::vector<SymbolRequest> symbols = MathSymbols();
  symbols.push_back({"no_such_function", Parse("void()")});
  const absl::Status status = client->LinkLibrary("libm.so.6", symbols).status();
  EXPECT_EQ(ReasonOf(status), "SYMBOL_NOT_FOUND");
  EXPECT_EQ(GetErrorDetails(status)->field, "symbols[25].name");
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("libm.so.6 has no function no_such_function"));
  symbols.back().is_optional = true;
  const absl::StatusOr<LinkedLibrary> library = client->LinkLibrary("libm.so.6", symbols);
  ASSERT_TRUE(library.ok()) << library.status();
  EXPECT_EQ(library->functions().size(), 25u);
  const absl::Status missing = client->LinkLibrary("/no/such/library.so", {}).status();
  EXPECT_EQ(ReasonOf(missing), "LIBRARY_NOT_FOUND");
  EXPECT_THAT(std::string(missing.message()), HasSubstr("/no/such/library.so"));
}

}  // namespace
}  // namespace springboard
