#include "client/c/remote.h"
#include "client/source/remote_source.h"
#include "client/source/server_address.h"

namespace springboard {

absl::StatusOr<std::shared_ptr<TrampolineSource>> MakeRemoteSource(const std::string& address) {
  const absl::Status status = CheckServerAddress(address);
  if (!status.ok()) return status;
  return std::make_shared<RemoteSource>(address);
}

}  // namespace springboard
