#include "absl/strings/str_cat.h"
#include "client/c/remote.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

absl::Status NoServers(absl::string_view field, absl::string_view got) {
  return MakeError(absl::StatusCode::kUnimplemented, reason::kNoServers, field,
                   absl::StrCat("the slim library knows no servers: link the full one", got));
}

}  // namespace

absl::StatusOr<std::shared_ptr<TrampolineSource>> MakeRemoteSource(const std::string& address) {
  return NoServers("server", absl::StrCat("; got ", address));
}

absl::StatusOr<std::unique_ptr<TestServer>> StartTestServer(TestServerKind /*kind*/) {
  return NoServers("", "");
}

}  // namespace springboard
