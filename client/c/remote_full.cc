#include <utility>

#include "absl/strings/str_cat.h"
#include "client/c/remote.h"
#include "client/source/remote_source.h"
#include "client/testing/faulty_server.h"
#include "client/testing/local_server.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

class RealTestServer final : public TestServer {
 public:
  explicit RealTestServer(LocalServer server) : server_(std::move(server)) {}

  const std::string& address() const override { return server_.address(); }
  absl::Status SetFaults(const Faults& /*faults*/) override { return NoFaults(); }
  absl::Status Disconnect() override { return NoFaults(); }
  uint64_t calls() const override { return 0; }

 private:
  static absl::Status NoFaults() {
    return MakeError(absl::StatusCode::kFailedPrecondition, reason::kNoFaults, "server",
                     "this server is a real one: start it by springboard_faulty_server_start()");
  }

  const LocalServer server_;
};

class FaultyTestServer final : public TestServer {
 public:
  explicit FaultyTestServer(std::unique_ptr<FaultyServer> server) : server_(std::move(server)) {}

  const std::string& address() const override { return server_->address(); }
  absl::Status SetFaults(const Faults& faults) override {
    server_->SetFaults({faults.delay, faults.error, faults.gives_wrong_code, faults.gives_garbage,
                        faults.api_version});
    return absl::OkStatus();
  }
  absl::Status Disconnect() override {
    if (server_->Disconnect()) return absl::OkStatus();
    return absl::UnavailableError(absl::StrCat("cannot listen again on ", server_->address()));
  }
  uint64_t calls() const override { return server_->calls(); }

 private:
  const std::unique_ptr<FaultyServer> server_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<TrampolineSource>> MakeRemoteSource(const std::string& address) {
  return std::make_shared<RemoteSource>(address);
}

absl::StatusOr<std::unique_ptr<TestServer>> StartTestServer(TestServerKind kind) {
  if (kind == TestServerKind::kFaulty) {
    absl::StatusOr<std::unique_ptr<FaultyServer>> server = FaultyServer::Start();
    if (!server.ok()) return server.status();
    return std::make_unique<FaultyTestServer>(*std::move(server));
  }
  absl::StatusOr<LocalServer> server = LocalServer::Start();
  if (!server.ok()) return server.status();
  return std::make_unique<RealTestServer>(*std::move(server));
}

}  // namespace springboard
