#include "absl/strings/str_cat.h"
#include "client/c/remote.h"
#include "compiler/error_details.h"

namespace springboard {

absl::StatusOr<std::shared_ptr<TrampolineSource>> MakeRemoteSource(
    const std::string& address, const ClientSecurity& /*security*/) {
  return MakeError(
      absl::StatusCode::kUnimplemented, reason::kNoServers, "server",
      absl::StrCat("the slim library knows no servers: link the full one; got ", address));
}

}  // namespace springboard
