#include "client/c/remote.h"
#include "client/source/remote_source.h"

namespace springboard {

absl::StatusOr<std::shared_ptr<TrampolineSource>> MakeRemoteSource(const std::string& address,
                                                                   const ClientSecurity& security) {
  return RemoteSource::Create(address, security);
}

}  // namespace springboard
