#include <utility>

#include "client/c/remote.h"
#include "client/source/remote_source.h"
#include "client/testing/local_server.h"

namespace springboard {
namespace {

class LocalTestServer final : public TestServer {
 public:
  explicit LocalTestServer(LocalServer server) : server_(std::move(server)) {}
  const std::string& address() const override { return server_.address(); }

 private:
  const LocalServer server_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<TrampolineSource>> MakeRemoteSource(const std::string& address) {
  return std::make_shared<RemoteSource>(address);
}

absl::StatusOr<std::unique_ptr<TestServer>> StartTestServer() {
  absl::StatusOr<LocalServer> server = LocalServer::Start();
  if (!server.ok()) return server.status();
  return std::make_unique<LocalTestServer>(*std::move(server));
}

}  // namespace springboard
