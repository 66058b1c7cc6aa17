#ifndef SPRINGBOARD_CLIENT_C_REMOTE_H_
#define SPRINGBOARD_CLIENT_C_REMOTE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "client/source/client_security.h"
#include "client/source/trampoline_source.h"

// What the full library has and the slim one has not: everything that needs gRPC. Each links an
// implementation of its own.

namespace springboard {

// Errors: those of RemoteSource::Create(), or UNIMPLEMENTED.
absl::StatusOr<std::shared_ptr<TrampolineSource>> MakeRemoteSource(const std::string& address,
                                                                   const ClientSecurity& security);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_C_REMOTE_H_
